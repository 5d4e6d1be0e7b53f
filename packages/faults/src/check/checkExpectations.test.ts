import { describe, expect, it } from 'bun:test';
import { type Expectation, type Scenario } from '../plan/Scenario';
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

  it.each([
    ['a second attempt', { attemptsMade: 2 }, 'call 0: expected one attempt, got 2 and 0 crashes'],
    ['a crash', { crashCount: 1 }, 'call 0: expected one attempt, got 1 and 1 crashes'],
  ])('reports %s where one attempt has to do', (_what, overrides, message) => {
    const calls = [toCall(0, { final: toSnapshot(overrides) })];

    expect(check({ usesOneAttempt: true })).toEqual([]);
    expect(check({ usesOneAttempt: true }, { calls })).toEqual([message]);
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
