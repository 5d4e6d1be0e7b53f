import { describe, expect, it } from 'bun:test';
import { type Expectation, type Scenario } from '../plan/Scenario';
import { type Way, wayOfEnd } from '../tasks/generateEnd';
import {
  PID,
  toCall,
  toEvidence,
  toFailedSnapshot,
  toFault,
  toHistory,
  toProcess,
  toSnapshot,
} from './__fixtures__/historyFixture';
import { checkExpectations } from './checkExpectations';
import { type History } from './History';

const check = (expects: Expectation, overrides: Partial<History> = {}) => {
  const history = toHistory(overrides);
  return checkExpectations({ ...history, scenario: { ...history.scenario, expects } }).map(
    ({ message }) => message,
  );
};

describe('checkExpectations', () => {
  it('finds nothing wrong when nothing is promised', () => {
    expect(checkExpectations(toHistory())).toEqual([]);
    expect(check({})).toEqual([]);
  });

  it('counts runs beyond the first', () => {
    const evidence = [...toEvidence(0), ...toEvidence(0, { run: 'again', fromMs: 5000 })];

    expect(check({ maxExtraRuns: 1 }, { evidence })).toEqual([]);
    expect(check({ maxExtraRuns: 0 }, { evidence })).toEqual(['expected at most 0 extra runs, got 1']);
  });

  it('wants the first call to fail for its reason', () => {
    const final = toFailedSnapshot('crash-loop');

    expect(check({ failsAs: 'crash-loop' }, { calls: [toCall(0, { final })] })).toEqual([]);
    expect(check({ failsAs: 'exhausted' }, { calls: [toCall(0, { final })] })).toEqual([
      'call 0: expected to fail as exhausted, got failed as crash-loop',
    ]);
    expect(check({ failsAs: 'crash-loop' })).toEqual([
      'call 0: expected to fail as crash-loop, got completed as undefined',
    ]);
  });

  it('asks no reasons of a contestant that gives none', () => {
    const calls = [toCall(0, { final: toFailedSnapshot('', { view: undefined }) })];

    expect(check({ failsAs: 'crash-loop' }, { calls })).toEqual([]);
  });

  it('wants the first call to complete', () => {
    const calls = [toCall(0, { final: toFailedSnapshot('exhausted') })];

    expect(check({ completes: true })).toEqual([]);
    expect(check({ completes: true }, { calls })).toEqual(['call 0: expected to complete, got failed']);
    expect(check({ completes: true }, { calls: [toCall(0, { final: undefined })] })).toEqual([
      'call 0: expected to complete, got nowhere',
    ]);
  });

  it('wants steps that were kept not to be begun again', () => {
    const [start] = toEvidence(0);
    if (start === undefined) throw new Error('expected a line, got none');
    const line = (event: 'step' | 'kept', step: number, run = 'run-0') => ({ ...start, event, step, run });
    const begun = [start, line('step', 0), line('kept', 0), line('step', 1)];
    const again = [line('kept', 0, 'again'), line('step', 1, 'again'), line('kept', 1, 'again')];
    const wrong = [...begun, ...again, line('step', 1, 'third')];

    expect(check({ keepsSteps: true }, { evidence: [...begun, ...again] })).toEqual([]);
    expect(check({ keepsSteps: true }, { evidence: wrong })).toEqual([
      'call 0: step 1 was begun again after it was kept',
    ]);
    expect(check({}, { evidence: wrong })).toEqual([]);
  });

  it.each([
    ['a second attempt', { attemptsMade: 2 }, 'call 0: expected one attempt, got 2 and 0 crashes'],
    ['a crash', { crashCount: 1 }, 'call 0: expected one attempt, got 1 and 1 crashes'],
  ])('reports %s where one attempt has to do', (_what, overrides, message) => {
    const calls = [toCall(0, { final: toSnapshot(overrides) })];

    expect(check({ usesOneAttempt: true })).toEqual([]);
    expect(check({ usesOneAttempt: true }, { calls })).toEqual([message]);
  });

  it('wants calls acknowledged from a time on, counted from the beginning', () => {
    const calls = [
      toCall(0, { calledAtMs: 2999, acknowledgement: { kind: 'refused', message: 'no' } }),
      toCall(1, {
        calledAtMs: 3000,
        acknowledgement: { kind: 'unknown', taskId: undefined, message: 'no answer' },
      }),
    ];

    expect(check({ acknowledgesFromMs: 2000 }, { calls, startedAtMs: 1000 })).toEqual([
      'call 1: expected to be acknowledged, got unknown',
    ]);
    expect(check({ acknowledgesFromMs: 2001 }, { calls, startedAtMs: 1000 })).toEqual([]);
  });

  describe('of generated ends', () => {
    /** A seed whose handler ends in a way. */
    const seedOf = (way: Way): number => {
      const seed = Array.from({ length: 1000 }, (_, index) => index).find((each) => wayOfEnd(each) === way);
      if (seed === undefined) throw new Error(`expected a seed that ends in ${way}, got none`);
      return seed;
    };
    const checkEnd = (way: Way, reason: string | undefined, runCount: number) => {
      const final =
        reason === undefined
          ? toSnapshot()
          : toFailedSnapshot(reason, { view: { status: 'failed', reason } });
      const payload = { call: 0, behaviour: { kind: 'generated', seed: seedOf(way) } } as const;
      const evidence = Array.from({ length: runCount }, (_, index) =>
        toEvidence(0, { run: `run-${index}`, fromMs: 2020 + 200 * index }),
      ).flat();
      return check({ endsAsDocumented: true }, { calls: [toCall(0, { payload, final })], evidence });
    };

    it.each<[Way, string | undefined, number]>([
      ['return', 'invalid-output', 1],
      ['return', 'exhausted', 3],
      ['ok', undefined, 1],
      ['ok', 'invalid-output', 1],
      ['err', 'exhausted', 3],
      ['throw', 'exhausted', 3],
      ['reject', 'exhausted', 3],
      ['thenable', 'exhausted', 3],
    ])('is content with %s that ends as %p after %i run(s)', (way, reason, runCount) => {
      expect(checkEnd(way, reason, runCount)).toEqual([]);
    });

    it.each<[Way, string | undefined, number, string]>([
      ['return', undefined, 1, 'expected invalid-output or exhausted after 1 run(s), got completed after 1'],
      [
        'ok',
        'invalid-output',
        2,
        'expected completed or invalid-output after 1 run(s), got invalid-output after 2',
      ],
      ['err', 'exhausted', 2, 'expected exhausted after 3 run(s), got exhausted after 2'],
      ['throw', 'fatal', 1, 'expected exhausted after 1 run(s), got fatal after 1'],
    ])('reports %s that ends as %p after %i run(s)', (way, reason, runCount, message) => {
      expect(checkEnd(way, reason, runCount)).toEqual([`call 0, which ends in ${way}: ${message}`]);
    });
  });

  describe('of a stop', () => {
    const stop = { code: 1, withinMs: 1000 };
    const faults = [toFault({ kind: 'stop-worker', pid: PID })];
    const scenario: Scenario = {
      ...toHistory().scenario,
      faults: [{ kind: 'stop-worker', worker: 0, signals: 1, restartAfterMs: 0, trigger: { atMs: 0 } }],
    };
    const checkStop = (endedAtMs: number | undefined, exitCode: number | null) => {
      const process = toProcess({ stopRequestedAtMs: [3000, 3100], endedAtMs, exitCode });
      return check({ stop }, { scenario, faults, processes: [process] });
    };

    it('wants the code in time, counted from the last request', () => {
      expect(checkStop(4100, 1)).toEqual([]);
      expect(checkStop(4101, 1)).toEqual([
        `${toProcess().name}: expected to end with 1 within 1000 ms, got 1 after 1001 ms`,
      ]);
      expect(checkStop(4000, 0)).toEqual([
        `${toProcess().name}: expected to end with 1 within 1000 ms, got 0 after 900 ms`,
      ]);
    });

    it('asks nothing of a scenario without a stop', () => {
      expect(check({ stop })).toEqual([]);
    });

    it('reports a case in which no worker was asked to stop', () => {
      expect(check({ stop }, { scenario, processes: [toProcess()] })).toEqual([
        'expected a worker that was asked to stop, got none',
      ]);
    });
  });
});
