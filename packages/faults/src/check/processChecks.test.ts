import { describe, expect, it } from 'bun:test';
import { type Behaviour } from '../tasks/Behaviour';
import {
  bounds,
  toCall,
  toEvidence,
  toFault,
  toHistory,
  toKilledProcess,
  toLine,
  toProcess,
  toStderrLine,
} from './__fixtures__/historyFixture';
import { type History, type LogLine, type ProcessHistory, type Window } from './History';
import {
  checkCalm,
  checkCorrelation,
  checkKeys,
  checkReported,
  checkStop,
  checkStrayErrors,
} from './processChecks';
import { type Check } from './Violation';

/** Checks a healthy history with another worker. */
const checkProcess = (check: Check, overrides: Partial<ProcessHistory>, history: Partial<History> = {}) =>
  check(toHistory({ processes: [toProcess(overrides)], ...history }));

const stray = toLine({
  level: 'error',
  message: 'An error reached no one: oh',
  text: 'An error reached no one: oh',
});

describe('checkStrayErrors', () => {
  const violation = (message: string) => ({ invariant: 'stray-error', message }) as const;
  /** A history whose handlers do something. */
  const toHistoryOf = (behaviour: Behaviour, processes: readonly ProcessHistory[]): History => {
    const history = toHistory({ processes });
    const loads = [{ atMs: 0, count: 1, spreadMs: 0, behaviour }];
    return { ...history, scenario: { ...history.scenario, loads } };
  };

  it('holds when every error reached somebody, and nothing ended that was not asked to', () => {
    expect(checkStrayErrors(toHistory())).toEqual([]);
  });

  it('lets workers end that were killed or asked to stop, and go on otherwise', () => {
    const processes = [
      toKilledProcess(5000),
      toProcess({ exitCode: 1 }),
      toProcess({ stopRequestedAtMs: [], endedAtMs: undefined, exitCode: null }),
    ];

    expect(checkStrayErrors(toHistory({ processes }))).toEqual([]);
  });

  it('reports each error of the scheduling process', () => {
    expect(checkStrayErrors(toHistory({ strayErrors: ['one', 'two'] }))).toEqual([
      violation('in the scheduling process: one'),
      violation('in the scheduling process: two'),
    ]);
  });

  it('reports an error that reached no one in a worker', () => {
    expect(checkProcess(checkStrayErrors, { lines: [toLine(), stray] })).toEqual([violation(stray.text)]);
  });

  it('expects such errors where handlers were asked for them', () => {
    const processes = [toProcess({ lines: [stray] })];

    expect(checkStrayErrors(toHistoryOf({ kind: 'stray', ms: 100 }, processes))).toEqual([]);
    expect(checkStrayErrors(toHistoryOf({ kind: 'sleep', ms: 100 }, processes))).toEqual([
      violation(stray.text),
    ]);
  });

  it('reports each line of standard error, also where handlers were asked for stray errors', () => {
    const processes = [toProcess({ lines: [toStderrLine('one'), toLine(), toStderrLine('two')] })];
    const reported = [violation('one'), violation('two')];

    expect(checkStrayErrors(toHistoryOf({ kind: 'sleep', ms: 100 }, processes))).toEqual(reported);
    expect(checkStrayErrors(toHistoryOf({ kind: 'stray', ms: 100 }, processes))).toEqual(reported);
  });

  it('lets a worker print errors that it means for somebody', () => {
    const lines = ['warn', 'error'].map((level) => toLine({ level, message: 'Redis is away' }));

    expect(checkProcess(checkStrayErrors, { lines })).toEqual([]);
  });

  it('reports a worker that ended by itself, with what it said last', () => {
    const lines = ['one', 'two', 'three', 'four'].map((text) => toLine({ text }));

    expect(checkProcess(checkStrayErrors, { stopRequestedAtMs: [], exitCode: 1, lines })).toEqual([
      violation('worker-0 ended by itself with 1: two | three | four'),
    ]);
  });

  it('reports that one ended by itself, also where handlers were asked for stray errors', () => {
    const processes = [toProcess({ stopRequestedAtMs: [], exitCode: 0 })];

    expect(checkStrayErrors(toHistoryOf({ kind: 'stray', ms: 100 }, processes))).toEqual([
      violation('worker-0 ended by itself with 0: Worker started'),
    ]);
  });
});

describe('checkStop', () => {
  const violation = (tookMs: number, exitCode: number | null, codes = '0', boundMs = 4000) =>
    ({
      invariant: 'stop',
      message: `worker-0 expected to stop within ${boundMs} ms with ${codes}, took ${tookMs} ms with ${exitCode}: Worker started`,
    }) as const;

  it('holds when a worker that is asked to stop does', () => {
    expect(checkStop(toHistory())).toEqual([]);
  });

  it('lets a worker take the drain timeout and 2 s, and no longer', () => {
    expect(checkProcess(checkStop, { endedAtMs: 24_000 })).toEqual([]);
    expect(checkProcess(checkStop, { endedAtMs: 24_001 })).toEqual([violation(4001, 0)]);
  });

  it('lets it take longer by as much as the machine was late itself', () => {
    const noisy = { bounds: { ...bounds, noiseMs: 100 } };

    expect(checkProcess(checkStop, { endedAtMs: 24_100 }, noisy)).toEqual([]);
    expect(checkProcess(checkStop, { endedAtMs: 24_101 }, noisy)).toEqual([violation(4101, 0, '0', 4100)]);
  });

  it('reports a worker that never ends', () => {
    expect(checkProcess(checkStop, { endedAtMs: undefined, exitCode: null })).toEqual([
      violation(Number.POSITIVE_INFINITY, null),
    ]);
  });

  it.each([1, 130, 143, null])('reports a worker that ends with %p', (exitCode) => {
    expect(checkProcess(checkStop, { exitCode })).toEqual([violation(500, exitCode)]);
  });

  it('lets a worker that was asked twice end with 1, and with nothing else but 0', () => {
    const stopRequestedAtMs = [20_000, 20_100];

    expect(checkProcess(checkStop, { stopRequestedAtMs, exitCode: 1 })).toEqual([]);
    expect(checkProcess(checkStop, { stopRequestedAtMs, exitCode: 0 })).toEqual([]);
    expect(checkProcess(checkStop, { stopRequestedAtMs, exitCode: 2 })).toEqual([
      violation(500, 2, '0 or 1'),
    ]);
  });

  it('measures from the first request', () => {
    const stopRequestedAtMs = [20_000, 23_000];

    expect(checkProcess(checkStop, { stopRequestedAtMs, endedAtMs: 24_500 })).toEqual([
      violation(4500, 0, '0 or 1'),
    ]);
  });

  it('asks nothing of a worker that was not asked to stop, or was killed', () => {
    const processes = [
      toProcess({ stopRequestedAtMs: [], exitCode: 1 }),
      toKilledProcess(30_000, { stopRequestedAtMs: [20_000] }),
    ];

    expect(checkStop(toHistory({ processes }))).toEqual([]);
  });

  it('asks nothing of a worker that was suspended after the request, but does of one that was before', () => {
    const suspendedTo = (toMs: number) =>
      checkProcess(checkStop, { endedAtMs: 30_000, suspensions: [{ fromMs: 19_000, toMs }] });

    expect(suspendedTo(20_001)).toEqual([]);
    expect(suspendedTo(20_000)).toEqual([violation(10_000, 0)]);
  });

  it('asks nothing of a worker that was started less than 2 s before the request', () => {
    const startedAt = (startedAtMs: number) =>
      checkProcess(checkStop, { startedAtMs, readyAtMs: undefined, exitCode: null });

    expect(startedAt(18_001)).toEqual([]);
    expect(startedAt(18_000)).toEqual([violation(500, null)]);
  });

  it('asks a worker that was ready, however short a time before', () => {
    const readyAt = (readyAtMs: number) =>
      checkProcess(checkStop, { startedAtMs: 19_000, readyAtMs, exitCode: null });

    expect(readyAt(20_001)).toEqual([]);
    expect(readyAt(20_000)).toEqual([violation(500, null)]);
  });

  it('asks the same of a worker that never said a word', () => {
    const [found] = checkProcess(checkStop, { lines: [], exitCode: null });

    expect(found?.message).toBe('worker-0 expected to stop within 4000 ms with 0, took 500 ms with null: ');
  });

  it('says what the worker said last', () => {
    const lines = ['one', 'two', 'three', 'four'].map((text) => toLine({ text }));

    const [found] = checkProcess(checkStop, { exitCode: 1, lines });

    expect(found?.message).toEndWith(': two | three | four');
  });
});

describe('checkCalm', () => {
  const outage: Window = { fromMs: 5000, toMs: 10_000 };
  const during = (overrides: Partial<ProcessHistory>, history: Partial<History> = {}) =>
    checkProcess(checkCalm, overrides, { outages: [outage], ...history });
  const violation = (got: string, says = '') =>
    ({ invariant: 'calm', message: `worker-0: ${got}; it says ${says}` }) as const;

  describe('of the processor', () => {
    /** Samples of a process that uses a share of a processor between two moments. */
    const toCpu = (share: number, { fromMs, toMs }: Window): ProcessHistory['cpu'] => [
      { atMs: fromMs, cpuMs: 400 },
      { atMs: (fromMs + toMs) / 2, cpuMs: 400 },
      { atMs: toMs, cpuMs: 400 + share * (toMs - fromMs) },
    ];

    it('holds when nothing was measured', () => {
      expect(checkCalm(toHistory({ outages: [outage] }))).toEqual([]);
    });

    it('lets a worker use 25 %, and no more', () => {
      expect(during({ cpu: toCpu(0.25, outage) })).toEqual([]);
      expect(during({ cpu: toCpu(0.26, outage) })).toEqual([
        violation('26 % of a processor while Redis was away'),
      ]);
    });

    it('lets it use more by as much as the machine was late itself', () => {
      const noisy = { bounds: { ...bounds, noiseMs: 1000 } };

      expect(during({ cpu: toCpu(0.35, outage) }, noisy)).toEqual([]);
      expect(during({ cpu: toCpu(0.36, outage) }, noisy)).toEqual([
        violation('36 % of a processor while Redis was away'),
      ]);
    });

    it('lets it use anything while Redis can be used', () => {
      expect(during({ cpu: toCpu(1, { fromMs: 1000, toMs: 4999 }) })).toEqual([]);
      expect(during({ cpu: toCpu(1, { fromMs: 10_001, toMs: 15_000 }) })).toEqual([]);
      expect(during({ cpu: toCpu(1, outage) }, { outages: [] })).toEqual([]);
    });

    it('leaves samples out that were taken before and after', () => {
      const cpu = [
        { atMs: 4000, cpuMs: 0 },
        { atMs: 5500, cpuMs: 5000 },
        { atMs: 9500, cpuMs: 5000 },
        { atMs: 11_000, cpuMs: 9000 },
      ];

      expect(during({ cpu })).toEqual([]);
    });

    it('says nothing of samples that are less than 1.5 s apart', () => {
      expect(during({ cpu: toCpu(1, { fromMs: 6000, toMs: 7499 }) })).toEqual([]);
      expect(during({ cpu: toCpu(1, { fromMs: 6000, toMs: 7500 }) })).toEqual([
        violation('100 % of a processor while Redis was away'),
      ]);
    });

    it('leaves the first 2 s of a process out: it takes that long to start', () => {
      const cpu = [
        { atMs: 5000, cpuMs: 0 },
        { atMs: 6999, cpuMs: 0 },
        { atMs: 7000, cpuMs: 2000 },
        { atMs: 9000, cpuMs: 2000 },
      ];

      expect(during({ startedAtMs: 5000, cpu })).toEqual([]);
      expect(during({ startedAtMs: 4999, cpu })).toEqual([
        violation('100 % of a processor while Redis was away'),
      ]);
    });

    it('looks at every outage and every worker by itself', () => {
      const outages = [outage, { fromMs: 12_000, toMs: 15_000 }];
      const [calm, busy] = [toCpu(0, outage), toCpu(0.5, { fromMs: 12_000, toMs: 15_000 })];
      const processes = [toProcess({ cpu: calm }), toProcess({ name: 'worker-1', cpu: [...calm, ...busy] })];

      expect(checkCalm(toHistory({ processes, outages }))).toEqual([
        { invariant: 'calm', message: 'worker-1: 50 % of a processor while Redis was away; it says ' },
      ]);
    });
  });

  describe('of the log', () => {
    const toErrors = (times: readonly number[], level = 'error'): readonly LogLine[] =>
      times.map((atMs) => toLine({ atMs, level, message: 'Redis is away' }));

    it.each(['error', 'warn'])(
      'lets a worker print 5 lines of level %s in a second, and no more',
      (level) => {
        const five = [6000, 6100, 6200, 6300, 6999];

        expect(during({ lines: toErrors(five, level) })).toEqual([]);
        expect(during({ lines: toErrors([...five, 6400], level) })).toEqual([
          violation('6 error lines in a second while Redis was away', 'Redis is away'),
        ]);
      },
    );

    it('counts what is printed within one second, wherever it begins', () => {
      expect(during({ lines: toErrors([6000, 6500, 6600, 6700, 6800, 7000]) })).toEqual([]);
      expect(during({ lines: toErrors([6001, 6500, 6600, 6700, 6800, 7000]) })).toEqual([
        violation('6 error lines in a second while Redis was away', 'Redis is away'),
      ]);
    });

    it.each(['info', 'stderr'])('lets it print lines of level %s as often as it likes', (level) => {
      expect(during({ lines: toErrors([6000, 6001, 6002, 6003, 6004, 6005], level) })).toEqual([]);
    });

    it('lets it print as many as it likes once it was asked to stop, but none more before', () => {
      const lines = toErrors([6000, 6001, 6002, 6003, 6004, 6005]);
      const stoppedAt = (...stopRequestedAtMs: readonly number[]) => during({ lines, stopRequestedAtMs });

      expect(stoppedAt(6004)).toEqual([]);
      expect(stoppedAt(6004, 9000)).toEqual([]);
      expect(stoppedAt(6005)).toEqual([
        violation('6 error lines in a second while Redis was away', 'Redis is away'),
      ]);
    });

    it('lets it print errors as often as it likes while Redis can be used', () => {
      expect(during({ lines: toErrors([4990, 4991, 4992, 4993, 4994, 5000]) })).toEqual([]);
      expect(during({ lines: toErrors([10_000, 10_001, 10_002, 10_003, 10_004, 10_005]) })).toEqual([]);
    });

    it('says each thing once that it said, five of them at most', () => {
      const messages = ['a', 'b', 'c', 'd', 'e', 'f', 'a'];
      const lines = messages.map((message, index) => toLine({ atMs: 6000 + index, level: 'warn', message }));

      expect(during({ lines: [...lines, toLine({ message: 'Task started' })] })).toEqual([
        violation('7 error lines in a second while Redis was away', 'a | b | c | d | e'),
      ]);
    });
  });
});

describe('checkKeys', () => {
  const check = (...after: readonly string[]) =>
    checkKeys(toHistory({ keys: { before: ['{drover}:work:meta', '{drover}:work:id'], after } }));

  it('holds when the keys are those of before', () => {
    expect(checkKeys(toHistory())).toEqual([]);
  });

  it('lets keys be gone', () => {
    expect(check()).toEqual([]);
  });

  it.each([
    '{drover}:work:stalled-check',
    '{drover}:work:marker',
    '{drover}:work:stalled',
    '{drover}:work:limiter',
    'filler:17',
  ])('lets %s come and go', (key) => {
    expect(check('{drover}:work:meta', key)).toEqual([]);
  });

  it.each(['{drover}:work:1', '{drover}:work:1:lock', '{drover}:work:stalled-check:1', 'x:filler:1'])(
    'reports %s',
    (key) => {
      expect(check('{drover}:work:meta', key)).toEqual([
        { invariant: 'keys', message: `1 keys are left over: ${key}` },
      ]);
    },
  );

  it('counts what is left over and names five of it', () => {
    expect(check('a', 'b', 'c', 'd', 'e', 'f')).toEqual([
      { invariant: 'keys', message: '6 keys are left over: a, b, c, d, e' },
    ]);
  });
});

describe('checkCorrelation', () => {
  const lineOf = (correlationId: string | undefined): LogLine =>
    toLine({ taskId: 'task-0', correlationId, text: 'Task started' });
  const violation = (text: string) =>
    ({ invariant: 'correlation', message: `expected correlation-0 in ${text}`, taskId: 'task-0' }) as const;

  it('holds when every line of a task carries the correlation ID of its call', () => {
    expect(checkCorrelation(toHistory())).toEqual([]);
    expect(checkProcess(checkCorrelation, { lines: [lineOf('correlation-0')] })).toEqual([]);
  });

  it.each(['correlation-1', undefined])('reports a log line that carries %p', (correlationId) => {
    expect(checkProcess(checkCorrelation, { lines: [lineOf(correlationId)] })).toEqual([
      violation('Task started'),
    ]);
  });

  it('reports a run that was told another one', () => {
    const evidence = toEvidence(0, { correlationId: 'correlation-1', toMs: undefined });

    expect(checkCorrelation(toHistory({ evidence }))).toEqual([violation(JSON.stringify(evidence[0]))]);
  });

  it('asks the same of a task that may not be there', () => {
    const acknowledgement = { kind: 'unknown', taskId: 'task-0', message: 'lost' } as const;

    expect(
      checkProcess(
        checkCorrelation,
        { lines: [lineOf(undefined)] },
        { calls: [toCall(0, { acknowledgement })] },
      ),
    ).toEqual([violation('Task started')]);
  });

  it('asks nothing of lines of no task, or of one that nobody called for', () => {
    const lines = [toLine(), toLine({ taskId: 'warm-up', correlationId: 'other' })];

    expect(checkProcess(checkCorrelation, { lines })).toEqual([]);
  });

  it('shows at most 300 characters of a line', () => {
    const lines = [toLine({ taskId: 'task-0', text: 'x'.repeat(1000) })];

    expect(checkProcess(checkCorrelation, { lines })).toEqual([violation('x'.repeat(300))]);
  });
});

describe('checkReported', () => {
  const violation = (name: string, text: string) =>
    ({ invariant: 'reported', message: `${name} did not say "${text}"` }) as const;

  it('holds when there is nothing to report', () => {
    expect(checkReported(toHistory({ faults: [toFault({ kind: 'kill-redis' })] }))).toEqual([]);
  });

  describe('of lost data', () => {
    const text = 'Redis has lost its data';
    const line = toLine({ level: 'error', message: `${text}: 40 tasks` });
    const toProcesses = (overrides: Partial<ProcessHistory>) => [
      toProcess({ lines: [line] }),
      toProcess({ name: 'worker-1', lines: [], ...overrides }),
    ];

    it.each(['flush', 'lose-data'] as const)('reports each worker that says no word of a %s', (kind) => {
      const faults = [toFault({ kind, fromMs: 8000, toMs: 8000 })];

      expect(checkReported(toHistory({ processes: toProcesses({}), faults }))).toEqual([
        violation('worker-1', text),
      ]);
    });

    it.each<[string, Partial<ProcessHistory>]>([
      ['was not there long enough before', { readyAtMs: 6000 }],
      ['never took tasks', { readyAtMs: undefined }],
      ['was gone soon after', { endedAtMs: 10_000 }],
    ])('asks nothing of a worker that %s', (_why, overrides) => {
      const faults = [toFault({ kind: 'flush', fromMs: 8000, toMs: 8000 })];

      expect(checkReported(toHistory({ processes: toProcesses(overrides), faults }))).toEqual([]);
    });
  });

  describe('of clocks that differ', () => {
    const checkAhead = (clockAheadMs: number, lines: readonly LogLine[]) => {
      const history = toHistory({ processes: [toProcess({ lines })] });
      return checkReported({ ...history, scenario: { ...history.scenario, clockAheadMs } });
    };

    it('lets workers be silent of 2 s, and of no more', () => {
      const { name } = toProcess();
      expect(checkAhead(2000, [])).toEqual([]);
      expect(checkAhead(2001, [])).toEqual([violation(name, 'Redis: expected the clocks')]);
    });

    it('is content when a worker says so', () => {
      const line = toLine({ level: 'warn', message: 'Redis: expected the clocks to agree' });

      expect(checkAhead(10_000, [line])).toEqual([]);
    });
  });
});
