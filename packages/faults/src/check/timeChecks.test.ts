import { describe, expect, it } from 'bun:test';
import {
  bounds,
  OTHER_PID,
  PID,
  toCall,
  toEvidence,
  toFault,
  toHistory,
  toKilledProcess,
  toProcess,
  toSnapshot,
} from './__fixtures__/historyFixture';
import { type CallHistory, type History } from './History';
import { checkAnswered, checkEarly, checkLate, listWaits, recoveryBoundMs } from './timeChecks';

/** A call that was answered at 2010 ms and ended at a moment. */
const toCallEndedAt = (finishedOnMs: number, overrides: Partial<CallHistory> = {}): CallHistory => {
  const ended = toSnapshot({ finishedOnMs });
  return toCall(0, { settled: ended, final: ended, ...overrides });
};

/** A run that begins at a moment, and its task, which ended with it. */
const toStartAt = (fromMs: number): Pick<History, 'calls' | 'evidence'> => ({
  calls: [toCallEndedAt(fromMs + 150)],
  evidence: toEvidence(0, { fromMs }),
});

/** What the one wait that counts is: kind and milliseconds. */
const longestWait = (overrides: Partial<History>): readonly [string, number] | undefined => {
  const [longest] = listWaits(toHistory(overrides));
  return longest === undefined ? undefined : [longest.what, longest.waitedMs];
};

describe('checkEarly', () => {
  const checkStartAt = (fromMs: number, overrides: Partial<CallHistory> = {}, clockAheadMs = 0) => {
    const history = toHistory({ calls: [toCall(0, overrides)], evidence: toEvidence(0, { fromMs }) });
    return checkEarly({ ...history, scenario: { ...history.scenario, clockAheadMs } });
  };
  const violation = (earlyMs: number) =>
    ({
      invariant: 'early',
      message: `call 0: started ${earlyMs} ms before it was due`,
      taskId: 'task-0',
    }) as const;

  it('holds when nothing starts before it is due', () => {
    expect(checkEarly(toHistory())).toEqual([]);
  });

  it('reports a task that was put off and started before its time', () => {
    expect(checkStartAt(4000, { delayMs: 3000 })).toEqual([violation(1000)]);
  });

  it('reports a run that began before its call', () => {
    expect(checkStartAt(1900)).toEqual([violation(100)]);
  });

  it('forgives the 5 ms by which clocks may differ, and no more', () => {
    expect(checkStartAt(4995, { delayMs: 3000 })).toEqual([]);
    expect(checkStartAt(4994, { delayMs: 3000 })).toEqual([violation(6)]);
  });

  it('forgives the difference of the clocks where the workers are ahead, and no more', () => {
    expect(checkStartAt(3995, { delayMs: 3000 }, 1000)).toEqual([]);
    expect(checkStartAt(3994, { delayMs: 3000 }, 1000)).toEqual([violation(6)]);
  });

  it('looks at the first run, not at one that came later', () => {
    const evidence = [...toEvidence(0, { fromMs: 6000 }), ...toEvidence(0, { run: 'early', fromMs: 4000 })];

    expect(checkEarly(toHistory({ calls: [toCall(0, { delayMs: 3000 })], evidence }))).toEqual([
      violation(1000),
    ]);
  });

  it('asks nothing of a task that never ran', () => {
    expect(checkEarly(toHistory({ evidence: [] }))).toEqual([]);
  });
});

describe('listWaits', () => {
  it('waits from the answer to the first run, and from its end, with a retry, to the end of the task', () => {
    const history = toHistory({ calls: [toCallEndedAt(3000)], evidence: toEvidence(0) });

    expect(listWaits(history)).toEqual([
      { call: 0, taskId: 'task-0', fromMs: 2370, toMs: 3000, what: 'to be settled', waitedMs: 630 },
      { call: 0, taskId: 'task-0', fromMs: 2010, toMs: 2020, what: 'to start', waitedMs: 10 },
    ]);
  });

  it('lists the longest wait first, of all calls together', () => {
    const evidence = [...toEvidence(0, { fromMs: 2110 }), ...toEvidence(1, { fromMs: 3510 })];
    const calls = [toCall(0, { settled: undefined }), toCall(1, { settled: undefined })];

    const starts = listWaits(toHistory({ calls, evidence })).filter(({ what }) => what === 'to start');

    expect(starts.map(({ call, waitedMs }) => [call, waitedMs])).toEqual([
      [1, 500],
      [0, 100],
    ]);
  });

  it('does not count the time for which a task is put off', () => {
    const calls = [toCallEndedAt(6000, { delayMs: 3000 })];

    expect(longestWait({ calls, evidence: toEvidence(0, { fromMs: 5110, toMs: 6000 }) })).toEqual([
      'to start',
      100,
    ]);
  });

  it('does not wait for a task to start that may not be there', () => {
    const acknowledgement = { kind: 'unknown', taskId: 'task-0', message: 'lost' } as const;
    const calls = [toCall(0, { acknowledgement })];

    expect(listWaits(toHistory({ calls })).map(({ what, taskId }) => [what, taskId])).toEqual([
      ['to be settled', 'task-0'],
    ]);
    expect(listWaits(toHistory({ calls, evidence: [] }))).toEqual([]);
  });

  it('waits from the death of a run to the next one', () => {
    const evidence = [
      ...toEvidence(0, { run: 'first', pid: OTHER_PID, toMs: undefined }),
      ...toEvidence(0, { run: 'second', fromMs: 4100 }),
    ];
    const processes = [toProcess(), toKilledProcess(2100, { pid: OTHER_PID })];

    expect(longestWait({ calls: [toCallEndedAt(4250)], evidence, processes })).toEqual([
      'to start again',
      2000,
    ]);
  });

  it('waits from the death of a last run to the end of the task', () => {
    const evidence = toEvidence(0, { pid: OTHER_PID, toMs: undefined });
    const processes = [toProcess(), toKilledProcess(2100, { pid: OTHER_PID })];

    expect(longestWait({ calls: [toCallEndedAt(3100)], evidence, processes })).toEqual([
      'to start again',
      1000,
    ]);
  });

  it('waits for nothing of a task that had ended before its run died', () => {
    const evidence = toEvidence(0, { pid: OTHER_PID, toMs: undefined });
    const processes = [toProcess(), toKilledProcess(5000, { pid: OTHER_PID })];

    expect(longestWait({ calls: [toCallEndedAt(2100)], evidence, processes })).toEqual(['to start', 10]);
  });

  it('waits for the end of a task after its last run only', () => {
    const evidence = [
      ...toEvidence(0, { run: 'first', fromMs: 2020, toMs: 2170 }),
      ...toEvidence(0, { run: 'second', fromMs: 5000, toMs: 5150 }),
    ];

    expect(listWaits(toHistory({ calls: [toCallEndedAt(5160)], evidence })).map(({ what }) => what)).toEqual([
      'to start',
      'to be settled',
    ]);
  });

  it('counts only the longest time without a break while Redis could be used', () => {
    const outages = [{ fromMs: 3010, toMs: 7000 }];

    expect(longestWait({ ...toStartAt(9000), outages })).toEqual(['to start', 2000]);
  });

  it('counts only the longest time without a break while the only worker was not suspended', () => {
    const processes = [toProcess({ suspensions: [{ fromMs: 3510, toMs: 8000 }] })];

    expect(longestWait({ ...toStartAt(9000), processes })).toEqual(['to start', 1500]);
  });

  it('counts no time in which no worker was ready', () => {
    const processes = [toProcess({ readyAtMs: 8000 })];

    expect(longestWait({ ...toStartAt(9000), processes })).toEqual(['to start', 1000]);
  });

  it('counts only calls that were made after Redis had lost its data', () => {
    const faults = [toFault({ kind: 'flush', fromMs: 2000, toMs: 2000 })];

    expect(listWaits(toHistory({ faults })).map(({ call }) => call)).toEqual([1, 1]);
  });

  it('reads the end of a task by the clock of the workers', () => {
    const history = toHistory({ calls: [toCallEndedAt(13_000)], evidence: toEvidence(0) });
    const scenario = { ...history.scenario, clockAheadMs: 10_000 };

    expect(longestWait({ ...history, scenario })).toEqual(['to be settled', 630]);
  });
});

describe('recoveryBoundMs', () => {
  it('is a lock, two stalled intervals and a second', () => {
    expect(recoveryBoundMs(toHistory())).toBe(3500);
  });

  it('adds six round trips of a slow network', () => {
    const { scenario } = toHistory();
    const fault = {
      trigger: { atMs: 0 },
      kind: 'bad-network',
      latencyMs: 100,
      resetPercent: 0,
      forMs: 1,
    } as const;

    expect(recoveryBoundMs(toHistory({ scenario: { ...scenario, faults: [fault] } }))).toBe(4700);
  });
});

describe('checkLate', () => {
  const check = (overrides: Partial<History>) => checkLate(toHistory(overrides));
  const violation = (waitedMs: number, what = 'to start', boundMs = 3500, count = 1) =>
    ({
      invariant: 'late',
      message: `call 0: waited ${waitedMs} ms ${what}, expected at most ${boundMs} ms (${count} such waits)`,
      taskId: 'task-0',
    }) as const;

  it('holds when nothing waits', () => {
    expect(checkLate(toHistory())).toEqual([]);
  });

  it('lets a task wait for exactly as long as it may, and no longer', () => {
    expect(check(toStartAt(5510))).toEqual([]);
    expect(check(toStartAt(5511))).toEqual([violation(3501)]);
  });

  it('lets everything wait for as long as the machine was late itself', () => {
    const noisy = { ...bounds, noiseMs: 100 };

    expect(check({ ...toStartAt(5610), bounds: noisy })).toEqual([]);
    expect(check({ ...toStartAt(5611), bounds: noisy })).toEqual([violation(3601, 'to start', 3600)]);
  });

  it('reports a task that nobody runs again after its worker was killed', () => {
    const evidence = [
      ...toEvidence(0, { run: 'first', pid: OTHER_PID, toMs: undefined }),
      ...toEvidence(0, { run: 'second', fromMs: 6000 }),
    ];
    const processes = [toProcess(), toKilledProcess(2100, { pid: OTHER_PID })];

    expect(check({ calls: [toCallEndedAt(6150)], evidence, processes })).toEqual([
      violation(3900, 'to start again'),
    ]);
  });

  it('reports a task whose run has ended and whose result nobody writes', () => {
    expect(check({ calls: [toCallEndedAt(6000)], evidence: toEvidence(0) })).toEqual([
      violation(3630, 'to be settled'),
    ]);
  });

  it('leaves out what never ended, which is a violation of its own', () => {
    const calls = [toCall(0, { settled: undefined, final: undefined })];

    expect(check({ calls, evidence: [] })).toEqual([]);
  });

  it.each<[string, Partial<History>]>([
    ['Redis could not be used', { outages: [{ fromMs: 3000, toMs: 6000 }] }],
    [
      'the only worker was suspended',
      { processes: [toProcess({ suspensions: [{ fromMs: 3000, toMs: 6000 }] })] },
    ],
    [
      'no worker was there',
      { processes: [toKilledProcess(3000), toProcess({ pid: OTHER_PID, readyAtMs: 6000 })] },
    ],
  ])('does not count the time in which %s', (_what, overrides) => {
    expect(check({ ...toStartAt(9000), ...overrides })).toEqual([]);
    expect(check({ ...toStartAt(9501), ...overrides })).toEqual([violation(3501)]);
  });

  it('counts the time in which one of two workers was suspended', () => {
    const processes = [
      toProcess({ suspensions: [{ fromMs: 3000, toMs: 6000 }] }),
      toProcess({ pid: OTHER_PID, suspensions: [{ fromMs: 6000, toMs: 9000 }] }),
    ];

    expect(check({ ...toStartAt(9000), processes })).toEqual([violation(6990)]);
  });

  it('names the worst wait and says how many there are', () => {
    const calls = [toCallEndedAt(8150), toCall(1, { settled: undefined })];
    const evidence = [...toEvidence(0, { fromMs: 8000, pid: PID }), ...toEvidence(1, { fromMs: 7000 })];

    expect(check({ calls, evidence })).toEqual([violation(5990, 'to start', 3500, 2)]);
  });
});

describe('checkAnswered', () => {
  const check = (answeredAtMs: number, noiseMs = 0) =>
    checkAnswered(
      toHistory({ calls: [toCall(0, { answeredAtMs })], bounds: { ...toHistory().bounds, noiseMs } }),
    );

  it('gives schedule 4 s, and more on a machine that was busy itself', () => {
    expect([check(6000), check(6500, 500)]).toEqual([[], []]);
    expect([check(6001), check(6501, 500)].map((violations) => violations.length)).toEqual([1, 1]);
  });

  it('says how long it took', () => {
    expect(check(7500)).toEqual([
      {
        invariant: 'answered',
        message: 'call 0: expected an answer within 4000 ms, got it after 5500 ms',
      },
    ]);
  });
});
