import { describe, expect, it } from 'bun:test';
import { type Behaviour } from '../tasks/Behaviour';
import {
  calledAtMsOf,
  toCall,
  toEvidence,
  toFault,
  toHistory,
  toLedger,
  toLedgerTask,
  toSnapshot,
} from './__fixtures__/historyFixture';
import { type Acknowledgement, type CallHistory, type LedgerTask } from './History';
import {
  checkAtRest,
  checkEffects,
  checkLedgerExpectations,
  checkNoRerun,
  checkRecorded,
  findUnrecorded,
} from './ledgerChecks';

const unknown: Acknowledgement = { kind: 'unknown', taskId: undefined, message: 'killed' };
const refused: Acknowledgement = { kind: 'refused', message: 'the ledger is away' };

const completed = { outcome: 'completed', endedAtMs: 2180 };
const failed = { outcome: 'failed', endedAtMs: 2180 };
const discarded = { outcome: 'discarded', endedAtMs: 2190 };

const waiting: Partial<LedgerTask> = { status: 'retrying', completedAtMs: undefined, attempts: [failed] };

/** One call that ran, and these rows. */
const toOneCall = (call: Partial<CallHistory>, rows: readonly LedgerTask[]) =>
  toHistory({ calls: [toCall(0, call)], evidence: toEvidence(0), ledger: toLedger(rows) });

describe('findUnrecorded', () => {
  it.each([
    ['has no row', []],
    ['has two rows', [toLedgerTask(0), toLedgerTask(0, { taskId: 'task-9' })]],
    ['has a row that has not ended', [toLedgerTask(0, waiting)]],
  ])('finds an acknowledged task that %s', (_what, rows) => {
    expect(findUnrecorded(toOneCall({}, rows)).map(({ call }) => call)).toEqual([0]);
    expect(findUnrecorded(toOneCall({ acknowledgement: unknown }, rows))).toEqual([]);
  });

  it('finds none that has one row that has ended', () => {
    expect(findUnrecorded(toOneCall({}, [toLedgerTask(0)]))).toEqual([]);
  });
});

describe('checkRecorded', () => {
  it.each<[what: string, call: Partial<CallHistory>, rows: readonly LedgerTask[]]>([
    ['one row that Redis agrees with', {}, [toLedgerTask(0)]],
    ['one row that Redis has forgotten', { final: undefined }, [toLedgerTask(0)]],
    ['a row whose answer was lost', { acknowledgement: unknown }, [toLedgerTask(0)]],
    ['a discarded attempt', {}, [toLedgerTask(0, { attempts: [completed, discarded] })]],
  ])('finds nothing wrong with %s', (_what, call, rows) => {
    expect(checkRecorded(toOneCall(call, rows))).toEqual([]);
  });

  it.each<[problem: string, call: Partial<CallHistory>, rows: readonly LedgerTask[]]>([
    ['was acknowledged, and the ledger does not know it', {}, []],
    ['was answered unknown and is not in the ledger, but it ran', { acknowledgement: unknown }, []],
    ['has 2 rows in the ledger', {}, [toLedgerTask(0), toLedgerTask(0)]],
    ['was refused, and is in the ledger', { acknowledgement: refused }, [toLedgerTask(0)]],
    [
      'is completed in the ledger, with 2 attempts that completed it',
      {},
      [toLedgerTask(0, { attempts: [completed, completed] })],
    ],
    [
      'is failed in the ledger, with 1 attempts that completed it',
      {},
      [toLedgerTask(0, { status: 'failed', attempts: [completed, failed] })],
    ],
    [
      'is completed in the ledger, and failed in Redis',
      { final: toSnapshot({ homes: ['failed'] }) },
      [toLedgerTask(0)],
    ],
  ])('reports a call that %s', (problem, call, rows) => {
    expect(checkRecorded(toOneCall(call, rows)).map(({ message }) => message)).toEqual([
      `call 0: ${problem}`,
    ]);
  });

  it('reports a row that nobody scheduled', () => {
    const ledger = toLedger([toLedgerTask(0), toLedgerTask(1), toLedgerTask(2)]);

    expect(checkRecorded(toHistory({ ledger }))).toEqual([
      { invariant: 'recorded', message: 'nobody scheduled it', taskId: 'task-2' },
    ]);
  });

  it('says nothing of a call without an answer that made no task', () => {
    const calls = [toCall(0, { acknowledgement: unknown, final: undefined })];

    expect(checkRecorded(toHistory({ calls, evidence: [], ledger: toLedger([]) }))).toEqual([]);
  });
});

describe('checkAtRest', () => {
  it.each<[message: string, row: Partial<LedgerTask>]>([
    ['its row is retrying', waiting],
    ['its row is pending, and on no queue', { ...waiting, status: 'pending', publishedAtMs: undefined }],
    ['its row has an attempt without an end', { attempts: [{ ...completed, endedAtMs: undefined }] }],
  ])('reports that %s', (message, row) => {
    expect(checkAtRest(toOneCall({}, [toLedgerTask(0, row)]))).toEqual([
      { invariant: 'at-rest', message, taskId: 'task-0' },
    ]);
  });

  it('reports jobs that are left in Redis', () => {
    expect(checkAtRest(toHistory({ ledger: toLedger(undefined, 2) })).map(({ message }) => message)).toEqual([
      '2 jobs are unfinished in Redis',
    ]);
  });
});

describe('checkNoRerun', () => {
  const check = (startedAfterMs: number) =>
    checkNoRerun(
      toHistory({
        evidence: toEvidence(0, { fromMs: 2180 + startedAfterMs }),
        ledger: toLedger([toLedgerTask(0, { completedAtMs: 2180 })]),
      }),
    );

  it('allows a run that began before its task had ended, or as it did', () => {
    expect([...check(-100), ...check(200)]).toEqual([]);
  });

  it('reports a run that began later', () => {
    expect(check(201)).toEqual([
      {
        invariant: 'no-rerun',
        message: 'call 0: ran 201 ms after it had ended in the ledger',
        taskId: 'task-0',
      },
    ]);
  });
});

describe('checkNoRerun, of a task whose end Redis was about to be told', () => {
  const check = (heldAtMs: number) =>
    checkNoRerun(
      toHistory({
        evidence: toEvidence(0, { fromMs: 2050 }),
        ledger: { ...toLedger(), heldEnds: [{ taskId: 'task-0', atMs: heldAtMs }] },
      }),
    );

  it('allows the run that had that end', () => {
    expect(check(2050)).toEqual([]);
  });

  it('reports a run after it', () => {
    expect(check(2049).map(({ message }) => message)).toEqual([
      'call 0: ran again although Redis was about to be told of its end',
    ]);
  });
});

describe('checkEffects', () => {
  const check = (behaviour: Behaviour, row: Partial<LedgerTask>) =>
    checkEffects(toOneCall({ payload: { call: 0, behaviour } }, [toLedgerTask(0, row)]));

  it.each([
    [{ kind: 'transaction', ms: 1 }, { effectCount: 1 }],
    [{ kind: 'transaction', ms: 1 }, { status: 'failed' }],
    [{ kind: 'sleep', ms: 1 }, {}],
  ] as const)('finds nothing wrong with %j and %j', (behaviour, row) => {
    expect(check(behaviour, row)).toEqual([]);
  });

  it.each([
    ['is completed with 0 effects, expected 1', {}],
    ['is completed with 2 effects, expected 1', { effectCount: 2 }],
    ['is failed with 1 effects, expected 0', { status: 'failed', effectCount: 1 }],
  ])('reports a transaction that %s', (problem, row) => {
    expect(check({ kind: 'transaction', ms: 1 }, row).map(({ message }) => message)).toEqual([
      `call 0: ${problem}`,
    ]);
  });
});

describe('checkLedgerExpectations', () => {
  const scenarioOf = (expects: object, kind: 'kill-scheduler' | 'suspend-database') => ({
    ...toHistory().scenario,
    expects,
    faults: [
      kind === 'kill-scheduler'
        ? { trigger: { atMs: 0 }, kind }
        : { trigger: { atMs: 0 }, kind, forMs: 10_000 },
    ],
  });

  it('wants a task whose answer was lost, when its scheduler is killed', () => {
    const scenario = scenarioOf({ losesAnswers: true }, 'kill-scheduler');
    const lost = { calls: [toCall(0, { acknowledgement: unknown })] };
    const ledger = toLedger();

    expect(checkLedgerExpectations(toHistory({ scenario, ledger, ...lost }))).toEqual([]);
    expect(checkLedgerExpectations(toHistory({ scenario, ledger })).map(({ message }) => message)).toEqual([
      'expected a task in the ledger whose answer was lost, got none',
    ]);
    expect(checkLedgerExpectations(toHistory({ scenario: { ...scenario, faults: [] }, ledger }))).toEqual([]);
  });

  it('wants no call acknowledged that is made while the database is away', () => {
    const scenario = scenarioOf({ refusesWithoutDatabase: true }, 'suspend-database');
    const fromMs = calledAtMsOf(0) - 101;
    const faults = [toFault({ kind: 'suspend-database', fromMs, toMs: fromMs + 2602 })];
    const whileAway = { scenario, faults, ledger: toLedger() };
    const calls = [toCall(0, { acknowledgement: unknown })];

    expect(checkLedgerExpectations(toHistory(whileAway)).map(({ message }) => message)).toEqual([
      "call 0: was acknowledged although the ledger's database was away",
    ]);
    expect(checkLedgerExpectations(toHistory({ ...whileAway, calls }))).toEqual([]);
  });
});
