import { describe, expect, it } from 'bun:test';
import { type Behaviour } from '../tasks/Behaviour';
import { type Evidence } from '../tasks/Evidence';
import {
  OTHER_PID,
  PID,
  toCall,
  toEvidence,
  toFailedSnapshot,
  toFault,
  toHistory,
  toKilledProcess,
  toLedger,
  toLedgerTask,
  toProcess,
  toSnapshot,
} from './__fixtures__/historyFixture';
import {
  type Acknowledgement,
  type CallHistory,
  type FaultEvent,
  type History,
  type TaskSnapshot,
} from './History';
import {
  checkFailedEarly,
  checkLateRuns,
  checkOneEnd,
  checkRuns,
  countExtraRuns,
  findLost,
  lastLossMs,
} from './taskChecks';
import { type Violation } from './Violation';

const unknown: Acknowledgement = { kind: 'unknown', taskId: 'task-0', message: 'connection lost' };
const refused: Acknowledgement = { kind: 'refused', message: 'Redis is away' };

/** Runs of call 0, each 150 ms long, begun 200 ms after each other; all in one process. */
const toRuns = (count: number, { pid = PID }: { readonly pid?: number } = {}) =>
  Array.from({ length: count }, (_, index) =>
    toEvidence(0, { run: `run-${index}`, fromMs: 2020 + 200 * index, pid }),
  ).flat();

/** Call 0 with a behaviour. */
const toCallThat = (behaviour: Behaviour, overrides: Partial<CallHistory> = {}): CallHistory =>
  toCall(0, { payload: { call: 0, behaviour }, ...overrides });

describe('lastLossMs', () => {
  it('is undefined when Redis kept its data', () => {
    expect(lastLossMs(toHistory({ faults: [toFault({ kind: 'kill-redis' })] }))).toBe(undefined);
  });

  it('is the end of the last fault that lost data', () => {
    const faults = [
      toFault({ kind: 'flush', fromMs: 3000, toMs: 3000 }),
      toFault({ kind: 'lose-data', fromMs: 4000, toMs: 4300 }),
      toFault({ kind: 'flush', fromMs: 4100, toMs: 4100 }),
      toFault({ kind: 'kill-redis', fromMs: 5000, toMs: 5100 }),
    ];

    expect(lastLossMs(toHistory({ faults }))).toBe(4300);
  });
});

describe('findLost', () => {
  const lostIn = (call: CallHistory): readonly CallHistory[] => findLost(toHistory({ calls: [call] }));

  it('finds nothing when every task has ended', () => {
    expect(
      findLost(toHistory({ calls: [toCall(0), toCall(1, { final: toFailedSnapshot('fatal') })] })),
    ).toEqual([]);
  });

  it.each([
    ['nowhere', undefined],
    ['without a home', toSnapshot({ homes: [] })],
    ['waiting', toSnapshot({ homes: ['wait'] })],
    ['both completed and failed', toSnapshot({ homes: ['completed', 'failed'] })],
  ])('finds an acknowledged task that is %s', (_where, final) => {
    const call = toCall(0, { final });

    expect(lostIn(call)).toEqual([call]);
  });

  it.each([
    ['was refused', refused],
    ['may not be there', unknown],
  ])('finds no task that %s', (_why, acknowledgement) => {
    expect(lostIn(toCall(0, { acknowledgement, final: undefined }))).toEqual([]);
  });

  it('believes the ledger rather than Redis', () => {
    const call = toCall(0, { final: undefined });
    const rows = [toLedgerTask(0)];

    expect(findLost(toHistory({ calls: [call], ledger: toLedger(rows) }))).toEqual([]);
    expect(findLost(toHistory({ calls: [call], ledger: toLedger([]) }))).toEqual([call]);
  });
});

describe('checkOneEnd', () => {
  const check = (call: CallHistory, overrides: Partial<History> = {}) =>
    checkOneEnd(toHistory({ calls: [call], ...overrides }));
  const violation = (got: string) =>
    ({ invariant: 'one-end', message: `call 0: ${got}`, taskId: 'task-0' }) as const;

  it('holds when every task has ended', () => {
    expect(checkOneEnd(toHistory())).toEqual([]);
  });

  it.each([
    ['nowhere', undefined],
    ['nowhere', toSnapshot({ homes: [] })],
    ['wait', toSnapshot({ homes: ['wait'] })],
    ['active', toSnapshot({ homes: ['active'] })],
    ['delayed', toSnapshot({ homes: ['delayed'] })],
    ['active and completed', toSnapshot({ homes: ['active', 'completed'] })],
    ['completed and failed', toSnapshot({ homes: ['completed', 'failed'] })],
  ])('reports a task that is %s', (homes, final) => {
    expect(check(toCall(0, { final }))).toEqual([
      violation(`expected completed, failed or cancelled, got ${homes}`),
    ]);
  });

  it('reports a completed task none of whose runs has ended', () => {
    const evidence = toEvidence(0, { toMs: undefined });

    expect(check(toCall(0), { evidence })).toEqual([violation('completed, but no run of it ended')]);
  });

  it('takes the effect that a run committed for its end', () => {
    const evidence = toEvidence(0, { toMs: undefined });
    const ledger = toLedger([toLedgerTask(0, { effectCount: 1 })]);

    expect(check(toCall(0), { evidence, ledger })).toEqual([]);
  });

  it('does not ask for a run that ended when a task has failed', () => {
    expect(check(toCall(0, { final: toFailedSnapshot('crash-loop') }), { evidence: [] })).toEqual([]);
  });

  it('reports an API that says something else than Redis', () => {
    const final = toSnapshot({ view: { status: 'failed', reason: 'exhausted' } });

    expect(check(toCall(0, { final }))).toEqual([
      violation('Redis holds it as completed, the API says failed'),
    ]);
  });

  it('asks no API where there is none', () => {
    expect(check(toCall(0, { final: toSnapshot({ view: undefined }) }))).toEqual([]);
  });

  it('asks nothing of a task that was refused and never ran', () => {
    const call = toCall(0, { acknowledgement: refused, final: undefined });

    expect(check(call, { evidence: toEvidence(1) })).toEqual([]);
  });

  it('reports a task that was refused and ran, even if it did not end', () => {
    const call = toCall(0, { acknowledgement: refused, final: undefined });
    const violation: Violation = {
      invariant: 'one-end',
      message: 'call 0: was refused, but it ran',
      taskId: 'task-0',
    };

    for (const toMs of [2170, undefined]) {
      expect(check(call, { evidence: toEvidence(0, { toMs }) })).toEqual([violation]);
    }
  });

  it('asks nothing of a task that may not be there and is not', () => {
    expect(check(toCall(0, { acknowledgement: unknown, final: undefined }))).toEqual([]);
  });

  it('reports a task that might not have been there, but is, and does not end', () => {
    const call = toCall(0, { acknowledgement: unknown, final: toSnapshot({ homes: ['wait'] }) });

    expect(check(call)).toEqual([violation('expected completed, failed or cancelled, got wait')]);
  });

  describe('when Redis has lost its data', () => {
    const flushAt = (atMs: number): Partial<History> => ({
      faults: [toFault({ kind: 'flush', fromMs: atMs, toMs: atMs })],
    });

    it.each([2000, 2500])('lets a task be gone that was called at 2000 ms, before %i ms', (atMs) => {
      expect(check(toCall(0, { final: undefined }), flushAt(atMs))).toEqual([]);
    });

    it('reports a task that is gone although it was called later', () => {
      expect(check(toCall(0, { final: undefined }), flushAt(1999))).toEqual([
        violation('expected completed, failed or cancelled, got nowhere'),
      ]);
    });

    it('still reports a completed task of before none of whose runs has ended', () => {
      expect(check(toCall(0), { ...flushAt(2500), evidence: [] })).toEqual([
        violation('completed, but no run of it ended'),
      ]);
    });
  });
});

describe('checkRuns', () => {
  const check = (overrides: Partial<History>) => checkRuns(toHistory({ calls: [toCall(0)], ...overrides }));
  const violation = (allowed: number, touching: number, got: number) =>
    ({
      invariant: 'runs',
      message: `call 0: expected at most ${allowed} runs (${touching} faults touched it), got ${got}`,
      taskId: 'task-0',
    }) as const;

  it('holds when every task runs once, or not at all', () => {
    expect(checkRuns(toHistory())).toEqual([]);
    expect(check({ evidence: [] })).toEqual([]);
  });

  it('reports a second run that nothing explains', () => {
    expect(check({ evidence: toRuns(2) })).toEqual([violation(1, 0, 2)]);
  });

  it('allows one more run for each fault that struck everybody, and no more', () => {
    const faults = [toFault(), toFault({ kind: 'reset', fromMs: 2100, toMs: 2100 })];

    expect(check({ evidence: toRuns(3), faults })).toEqual([]);
    expect(check({ evidence: toRuns(4), faults })).toEqual([violation(3, 2, 4)]);
  });

  it('counts a fault once that touched two runs', () => {
    const faults = [toFault({ fromMs: 2000, toMs: 2500 })];

    expect(check({ evidence: toRuns(3), faults })).toEqual([violation(2, 1, 3)]);
  });

  it('counts a fault of the process of a run', () => {
    const faults = [toFault({ kind: 'suspend-worker', pid: PID })];

    expect(check({ evidence: toRuns(2), faults })).toEqual([]);
  });

  it('does not count a fault of another process', () => {
    const faults = [toFault({ kind: 'kill-worker', pid: OTHER_PID })];

    expect(check({ evidence: toRuns(2), faults })).toEqual([violation(1, 0, 2)]);
  });

  it.each([
    ['reports', 'while the first goes on in the same process', { fromMs: 5100, toMs: 5250 }, true],
    ['allows', 'when the first has ended', { fromMs: 5150, toMs: 5250 }, false],
    ['allows', 'at the same time in another process', { fromMs: 5100, toMs: 5250, pid: OTHER_PID }, false],
  ] as const)('%s a second run %s', (_verb, _when, second, isReported) => {
    const evidence = [
      ...toEvidence(0, { run: 'first', fromMs: 5000, toMs: 5150 }),
      ...toEvidence(0, { run: 'second', ...second }),
    ];
    const message = 'call 0: ran twice at the same time in one process';

    expect(check({ evidence, faults: [toFault({ fromMs: 0, toMs: 9000 })] })).toEqual(
      isReported ? [{ invariant: 'runs', message, taskId: 'task-0' }] : [],
    );
  });

  /** Runs from 5000 ms to 5150 ms and, elsewhere, from 5000 ms to 5200 ms; a lock lasts 1500 ms. */
  const twoRuns = [
    ...toEvidence(0, { run: 'first', fromMs: 5000, toMs: 5150 }),
    ...toEvidence(0, { run: 'second', fromMs: 5000, toMs: 5200, pid: OTHER_PID }),
  ];

  it.each<[string, Partial<FaultEvent>, boolean]>([
    ['ended a lock before they began', { fromMs: 0, toMs: 3500 }, true],
    ['ended earlier than that', { fromMs: 0, toMs: 3499 }, false],
    ['began a lock after the last ended', { fromMs: 6700, toMs: 9000 }, true],
    ['began later than that', { fromMs: 6701, toMs: 9000 }, false],
    ['began before them and ended after them', { fromMs: 0, toMs: 9000 }, true],
    ['never ended', { fromMs: 5100, toMs: Number.POSITIVE_INFINITY }, true],
  ])('of two runs, with a fault that %s', (_when, window, isExplained) => {
    expect(check({ evidence: twoRuns, faults: [toFault(window)] })).toEqual(
      isExplained ? [] : [violation(1, 0, 2)],
    );
  });

  it('counts a fault that struck a lock after the process of a run had died, and none later', () => {
    const evidence = [
      ...toEvidence(0, { run: 'first', fromMs: 2020, toMs: undefined, pid: OTHER_PID }),
      ...toEvidence(0, { run: 'second', fromMs: 2020, toMs: 2170 }),
    ];
    const processes = [toProcess(), toKilledProcess(4000, { pid: OTHER_PID })];
    const checkFaultAt = (fromMs: number) =>
      check({ evidence, processes, faults: [toFault({ fromMs, toMs: fromMs })] });

    expect(checkFaultAt(5500)).toEqual([]);
    expect(checkFaultAt(5501)).toEqual([violation(1, 0, 2)]);
  });

  it('counts every fault after the beginning of a run that never ended', () => {
    const evidence = [...toRuns(1), ...toEvidence(0, { run: 'endless', fromMs: 2200, toMs: undefined })];
    const processes = [toProcess({ endedAtMs: undefined })];

    expect(check({ evidence, processes, faults: [toFault({ fromMs: 19_000, toMs: 19_000 })] })).toEqual([]);
  });

  it('allows as many runs more as its handler was asked to fail', () => {
    const calls = [toCallThat({ kind: 'fail', ms: 150, times: 1 })];

    expect(check({ calls, evidence: toRuns(2) })).toEqual([]);
    expect(check({ calls, evidence: toRuns(3) })).toEqual([violation(2, 0, 3)]);
  });

  it('never allows more runs than attempts, however often its handler was asked to fail', () => {
    const calls = [toCallThat({ kind: 'fail', ms: 150, times: 9 }, { maxAttempts: 2 })];

    expect(check({ calls, evidence: toRuns(2) })).toEqual([]);
    expect(check({ calls, evidence: toRuns(3) })).toEqual([violation(2, 0, 3)]);
  });

  it('allows every attempt of a handler that ends in any way', () => {
    const calls = [toCallThat({ kind: 'generated', seed: 1 })];

    expect(check({ calls, evidence: toRuns(3) })).toEqual([]);
    expect(check({ calls, evidence: toRuns(4) })).toEqual([violation(3, 0, 4)]);
  });

  describe('when a handler held its event loop', () => {
    /** Call 1 holds the event loop of a process from 3020 ms to 5520 ms. */
    const toBlockIn = (pid: number) => ({
      call: toCall(1, { payload: { call: 1, behaviour: { kind: 'block', ms: 2500 } } }),
      evidence: toEvidence(1, { toMs: 5520, pid }),
    });

    it('allows one more run of it', () => {
      const calls = [toCallThat({ kind: 'block', ms: 2500 })];
      const evidence = [
        ...toEvidence(0, { run: 'first', fromMs: 2020, toMs: 4520 }),
        ...toEvidence(0, { run: 'second', fromMs: 4600, toMs: 7100 }),
      ];

      expect(check({ calls, evidence })).toEqual([]);
    });

    it('allows two more runs of it at most: then it has crashed as often as it may', () => {
      const calls = [toCallThat({ kind: 'block', ms: 2500 })];
      const toBlocks = (count: number) =>
        Array.from({ length: count }, (_, index) => {
          const fromMs = 2020 + 2600 * index;
          return toEvidence(0, { run: `run-${index}`, fromMs, toMs: fromMs + 2500 });
        }).flat();

      expect(check({ calls, evidence: toBlocks(3) })).toEqual([]);
      expect(check({ calls, evidence: toBlocks(4) })).toEqual([violation(3, 2, 4)]);
    });

    it('allows no more runs for a block that is no longer than the lock', () => {
      const checkBlock = (ms: number) =>
        check({ calls: [toCallThat({ kind: 'block', ms })], evidence: toRuns(2) });

      expect(checkBlock(1501)).toEqual([]);
      expect(checkBlock(1500)).toEqual([violation(1, 0, 2)]);
    });

    it('allows one more run of every task of its process', () => {
      const { call, evidence } = toBlockIn(PID);

      expect(check({ calls: [toCall(0), call], evidence: [...toRuns(2), ...evidence] })).toEqual([]);
    });

    it('allows no more runs of a task of another process', () => {
      const { call, evidence } = toBlockIn(OTHER_PID);

      expect(check({ calls: [toCall(0), call], evidence: [...toRuns(2), ...evidence] })).toEqual([
        violation(1, 0, 2),
      ]);
    });
  });
});

describe('countExtraRuns', () => {
  it('is 0 when every task runs once, or not at all', () => {
    expect(countExtraRuns(toHistory())).toBe(0);
    expect(countExtraRuns(toHistory({ evidence: [] }))).toBe(0);
  });

  it('counts what runs beyond the first, of all calls together, whatever explains it', () => {
    const evidence = [...toRuns(3), ...toEvidence(1), ...toEvidence(1, { run: 'again', fromMs: 3500 })];

    expect(countExtraRuns(toHistory({ evidence, faults: [toFault()] }))).toBe(3);
  });

  it('counts no run that a handler asked for', () => {
    const calls = [toCallThat({ kind: 'fail', ms: 150, times: 2 })];

    expect(countExtraRuns(toHistory({ calls, evidence: toRuns(3) }))).toBe(0);
    expect(countExtraRuns(toHistory({ calls, evidence: toRuns(4) }))).toBe(1);
  });

  it('lets a call that ran less often than it was asked to make up for no other', () => {
    const calls = [toCallThat({ kind: 'fail', ms: 150, times: 2 }), toCall(1)];
    const evidence = [...toRuns(1), ...toEvidence(1), ...toEvidence(1, { run: 'again', fromMs: 3500 })];

    expect(countExtraRuns(toHistory({ calls, evidence }))).toBe(1);
  });
});

describe('checkFailedEarly', () => {
  const check = (call: CallHistory, runCount: number) =>
    checkFailedEarly(toHistory({ calls: [call], evidence: toRuns(runCount) }));
  const violation = (rule: string, reason: string, runCount: number) =>
    ({
      invariant: 'failed-early',
      message: `call 0: ${rule}; reason ${reason}, attempts 1, crashes 0, runs ${runCount} of 3`,
      taskId: 'task-0',
    }) as const;
  const failing: Behaviour = { kind: 'fail', ms: 150, times: 9 };
  const generated: Behaviour = { kind: 'generated', seed: 1 };
  const failedWith = (reason: string): Partial<CallHistory> => ({ final: toFailedSnapshot(reason) });

  it('holds when nothing has failed, or ended', () => {
    expect(checkFailedEarly(toHistory())).toEqual([]);
    expect(check(toCall(0, { final: undefined }), 1)).toEqual([]);
  });

  it('reports a task that failed with attempts left', () => {
    expect(check(toCallThat(failing, failedWith('exhausted')), 2)).toEqual([
      violation('failed with attempts left', 'exhausted', 2),
    ]);
  });

  it('lets a task fail that has run as often as it may', () => {
    expect(check(toCallThat(failing, failedWith('exhausted')), 3)).toEqual([]);
  });

  it('takes a task that failed where there is no API for one that has no attempts left', () => {
    const final = toFailedSnapshot('', { view: undefined, failedReason: 'asked to fail' });

    expect(check(toCallThat(failing, { final }), 3)).toEqual([]);
    expect(check(toCallThat(failing, { final }), 2)).toEqual([
      violation('failed with attempts left', 'asked to fail', 2),
    ]);
  });

  it('lets a task fail as crash-loop after three runs, and not before', () => {
    expect(check(toCall(0, failedWith('crash-loop')), 3)).toEqual([]);
    expect(check(toCall(0, failedWith('crash-loop')), 2)).toEqual([
      violation('failed as crash-loop before 3 crashes', 'crash-loop', 2),
    ]);
  });

  describe('of a task that was delivered without a run', () => {
    /** A task that was called at 2000 ms and failed at 3000 ms, with one crash, after so many runs. */
    const checkCrash = (reason: string, runCount: number, faults: readonly FaultEvent[]) => {
      const failed = toFailedSnapshot(reason, { crashCount: 1, finishedOnMs: 3000 });
      const call = toCallThat(failing, { settled: failed, final: failed });
      return checkFailedEarly(toHistory({ calls: [call], evidence: toRuns(runCount), faults }));
    };
    const reported = (rule: string, reason: string, runCount: number) => [
      {
        invariant: 'failed-early' as const,
        message: `call 0: ${rule}; reason ${reason}, attempts 1, crashes 1, runs ${runCount} of 3`,
        taskId: 'task-0',
      },
    ];

    it('counts its crash as a run when a fault struck meanwhile', () => {
      expect(checkCrash('crash-loop', 2, [toFault()])).toEqual([]);
      expect(checkCrash('exhausted', 2, [toFault()])).toEqual([]);
    });

    it('counts no more crashes than it had, and none without a fault', () => {
      expect(checkCrash('crash-loop', 1, [toFault(), toFault()])).toEqual(
        reported('failed as crash-loop before 3 crashes', 'crash-loop', 1),
      );
      expect(checkCrash('exhausted', 2, [])).toEqual(reported('failed with attempts left', 'exhausted', 2));
    });

    /** Call 0, whose handler only works, failed as crash-loop with so many crashes, after these runs. */
    const checkLoop = (crashCount: number, evidence: readonly Evidence[], processes = [toProcess()]) => {
      const failed = toFailedSnapshot('crash-loop', { crashCount, finishedOnMs: 9000 });
      const calls = [toCall(0, { settled: failed, final: failed })];
      return checkFailedEarly(toHistory({ calls, evidence, processes, faults: [toFault(), toFault()] }));
    };
    const reportedLoop = (crashCount: number, runCount: number) => [
      {
        invariant: 'failed-early' as const,
        message: `call 0: failed as crash-loop before 3 crashes; reason crash-loop, attempts 1, crashes ${crashCount}, runs ${runCount} of 3`,
        taskId: 'task-0',
      },
    ];

    it('counts no crash again that was a run', () => {
      expect(checkLoop(2, toRuns(2))).toEqual([]);
      expect(checkLoop(1, toRuns(2))).toEqual(reportedLoop(1, 2));
    });

    it('counts the last run among the crashes when it died with its process', () => {
      const dying = [...toRuns(1), ...toEvidence(0, { run: 'last', fromMs: 2220, toMs: undefined })];
      const processes = [toKilledProcess(3000)];

      expect(checkLoop(3, dying, processes)).toEqual([]);
      expect(checkLoop(2, dying, processes)).toEqual(reportedLoop(2, 2));
    });

    it('counts no more of them than there were faults', () => {
      expect(checkLoop(9, toRuns(1))).toEqual([]);
      expect(checkLoop(9, [])).toEqual(reportedLoop(9, 0));
    });

    it('reads when it failed by the clock of the workers', () => {
      const failed = toFailedSnapshot('crash-loop', { crashCount: 1, finishedOnMs: 13_000 });
      const call = toCallThat(failing, { settled: failed, final: failed });
      const checkFaultAt = (atMs: number) => {
        const faults = [toFault({ fromMs: atMs, toMs: atMs })];
        const history = toHistory({ calls: [call], evidence: toRuns(2), faults });
        return checkFailedEarly({ ...history, scenario: { ...history.scenario, clockAheadMs: 10_000 } });
      };

      expect(checkFaultAt(3000)).toEqual([]);
      expect(checkFaultAt(3001)).toEqual(reported('failed as crash-loop before 3 crashes', 'crash-loop', 2));
    });

    it.each([
      ['ended when it was called', { fromMs: 0, toMs: 2000 }, true],
      ['ended before', { fromMs: 0, toMs: 1999 }, false],
      ['began when it failed', { fromMs: 3000, toMs: 9000 }, true],
      ['began later', { fromMs: 3001, toMs: 9000 }, false],
    ])('with a fault that %s', (_when, window, isExplained) => {
      expect(checkCrash('crash-loop', 2, [toFault(window)])).toEqual(
        isExplained ? [] : reported('failed as crash-loop before 3 crashes', 'crash-loop', 2),
      );
    });
  });

  it.each(['fatal', 'invalid-payload', 'invalid-output', 'expired'])(
    'lets a task whose handler ends in any way fail as %s at once',
    (reason) => {
      expect(check(toCallThat(generated, failedWith(reason)), 1)).toEqual([]);
    },
  );

  it.each(['fatal', 'invalid-payload', 'invalid-output', 'expired'])(
    'reports a task that only did its work and failed as %s',
    (reason) => {
      expect(check(toCall(0, failedWith(reason)), 1)).toEqual([
        violation('failed for good though its handler did not ask for that', reason, 1),
      ]);
    },
  );

  it.each(['fatal', 'invalid-payload', 'invalid-output', 'expired'])(
    'reports a task that was asked to fail, but not for good, and failed as %s',
    (reason) => {
      expect(check(toCallThat(failing, failedWith(reason)), 3)).toEqual([
        violation('failed for good though its handler did not ask for that', reason, 3),
      ]);
    },
  );

  it('reports a task that failed for a reason it does not know', () => {
    expect(check(toCallThat(generated, failedWith('bad-mood')), 1)).toEqual([
      violation('failed with attempts left', 'bad-mood', 1),
    ]);
  });

  it('reports a task too that might not have been there', () => {
    const call = toCallThat(failing, { ...failedWith('exhausted'), acknowledgement: unknown });

    expect(check(call, 2)).toEqual([violation('failed with attempts left', 'exhausted', 2)]);
  });
});

describe('checkLateRuns', () => {
  const check = (call: CallHistory) => checkLateRuns(toHistory({ calls: [call] }));

  it('holds when nothing changes once a task has ended', () => {
    expect(checkLateRuns(toHistory())).toEqual([]);
  });

  it('asks nothing of a task that was never seen to have ended', () => {
    expect(check(toCall(0, { settled: undefined }))).toEqual([]);
  });

  it.each([
    ['another result', { value: '2' }],
    ['another end', { homes: ['failed'] }],
    ['a second home', { homes: ['completed', 'wait'] }],
    ['one attempt more', { attemptsMade: 2 }],
    ['one crash more', { crashCount: 1 }],
    ['a reason to have failed', { failedReason: 'late' }],
    ['another time', { finishedOnMs: 9999 }],
    ['another status by the API', { view: { status: 'failed', reason: 'fatal' } }],
  ])('reports a task that ended and was later found with %s', (_what, change) => {
    const settled = toSnapshot();
    const final = toSnapshot(change);

    expect(check(toCall(0, { settled, final }))).toEqual([
      {
        invariant: 'late-run',
        message: `call 0: had ended as ${JSON.stringify(settled)}, later it was ${JSON.stringify(final)}`,
        taskId: 'task-0',
      },
    ]);
  });

  describe('when Redis has lost its data', () => {
    const checkFlushAt = (atMs: number, final: TaskSnapshot | undefined) => {
      const faults = [toFault({ kind: 'flush', fromMs: atMs, toMs: atMs })];
      return checkLateRuns(toHistory({ calls: [toCall(0, { settled: toSnapshot(), final })], faults }));
    };
    const violation = (later: string) =>
      ({
        invariant: 'late-run',
        message: `call 0: had ended as ${JSON.stringify(toSnapshot())}, later it was ${later}`,
        taskId: 'task-0',
      }) as const;

    it('lets a task be gone that was called at 2000 ms, before that, and no later one', () => {
      expect(checkFlushAt(2000, undefined)).toEqual([]);
      expect(checkFlushAt(1999, undefined)).toEqual([violation('undefined')]);
    });

    it('still reports a task that is there and has changed', () => {
      const final = toSnapshot({ value: '2' });

      expect(checkFlushAt(2500, final)).toEqual([violation(JSON.stringify(final))]);
    });
  });

  it('reports a task that ended and was gone later', () => {
    const [violation] = check(toCall(0, { settled: toSnapshot(), final: undefined }));

    expect(violation).toEqual({
      invariant: 'late-run',
      message: `call 0: had ended as ${JSON.stringify(toSnapshot())}, later it was undefined`,
      taskId: 'task-0',
    });
  });
});
