import { type CallHistory, type FaultEventKind, type History, type LedgerTask } from './History';
import { listRuns } from './Runs';
import { type Check, type Violation } from './Violation';

const TERMINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Faults that take the database of the ledger away. */
const DATABASE_FAULTS: readonly FaultEventKind[] = ['suspend-database', 'kill-database', 'lock-database'];

const isTerminal = ({ status }: LedgerTask): boolean => TERMINAL.includes(status);

const groupByCorrelation = (tasks: readonly LedgerTask[]): ReadonlyMap<string, readonly LedgerTask[]> =>
  Map.groupBy(tasks, ({ correlationId }) => correlationId);

/** Calls that were acknowledged and whose task has not exactly one terminal row. */
export const findUnrecorded = ({ calls, ledger }: History): readonly CallHistory[] => {
  const rows = groupByCorrelation(ledger?.tasks ?? []);
  return calls.filter(({ acknowledgement, correlationId }) => {
    const own = rows.get(correlationId) ?? [];
    return acknowledgement.kind === 'acknowledged' && !(own.length === 1 && own.every(isTerminal));
  });
};

/** What is wrong with the rows of a call. */
const rowProblem = (
  { acknowledgement: { kind }, final }: CallHistory,
  rows: readonly LedgerTask[],
  hasRun: boolean,
): string | undefined => {
  const [row] = rows;
  if (row === undefined) {
    if (kind === 'acknowledged') return 'was acknowledged, and the ledger does not know it';
    return hasRun ? `was answered ${kind} and is not in the ledger, but it ran` : undefined;
  }
  if (rows.length > 1) return `has ${rows.length} rows in the ledger`;
  if (kind === 'refused') return 'was refused, and is in the ledger';
  if (!isTerminal(row)) return undefined; // a violation of its own
  const completedCount = row.attempts.filter(({ outcome }) => outcome === 'completed').length;
  if (completedCount !== (row.status === 'completed' ? 1 : 0)) {
    return `is ${row.status} in the ledger, with ${completedCount} attempts that completed it`;
  }
  const home = final?.homes.join(' and ') ?? row.status;
  return home === row.status ? undefined : `is ${row.status} in the ledger, and ${home} in Redis`;
};

export const checkRecorded: Check = ({ ledger, calls, evidence }) => {
  if (ledger === undefined) return [];
  const rows = groupByCorrelation(ledger.tasks);
  const known = new Set(calls.map(({ correlationId }) => correlationId));
  const ran = new Set(evidence.map(({ call }) => call));
  const strangers = ledger.tasks.filter(({ correlationId }) => !known.has(correlationId));
  return [
    ...calls.flatMap((call): Violation[] => {
      const own = rows.get(call.correlationId) ?? [];
      const problem = rowProblem(call, own, ran.has(call.call));
      if (problem === undefined) return [];
      return [{ invariant: 'recorded', message: `call ${call.call}: ${problem}`, taskId: own[0]?.taskId }];
    }),
    ...strangers.map(
      ({ taskId }): Violation => ({ invariant: 'recorded', message: 'nobody scheduled it', taskId }),
    ),
  ];
};

/** Why a row is not at rest. */
const restProblem = ({ status, publishedAtMs, attempts }: LedgerTask): string | undefined => {
  if (!TERMINAL.includes(status))
    return `is ${status}${publishedAtMs === undefined ? ', and on no queue' : ''}`;
  return attempts.some(({ endedAtMs }) => endedAtMs === undefined)
    ? 'has an attempt without an end'
    : undefined;
};

export const checkAtRest: Check = ({ ledger }) => {
  if (ledger === undefined) return [];
  const { tasks, unfinishedJobCount } = ledger;
  const stuck = tasks.flatMap((task): Violation[] => {
    const problem = restProblem(task);
    return problem === undefined
      ? []
      : [{ invariant: 'at-rest', message: `its row ${problem}`, taskId: task.taskId }];
  });
  if (unfinishedJobCount === 0) return stuck;
  return [...stuck, { invariant: 'at-rest', message: `${unfinishedJobCount} jobs are unfinished in Redis` }];
};

/** Between the look into the ledger and the first line of a run; milliseconds. */
const BEGIN_MS = 200;

export const checkNoRerun: Check = (history) => {
  const { ledger, bounds } = history;
  if (ledger === undefined) return [];
  const ends = new Map(ledger.tasks.map(({ taskId, completedAtMs }) => [taskId, completedAtMs]));
  const held = new Map(ledger.heldEnds.map(({ taskId, atMs }) => [taskId, atMs]));
  return listRuns(history).flatMap(({ taskId, startedAtMs, call }): Violation[] => {
    const lateMs = startedAtMs - (ends.get(taskId) ?? Number.POSITIVE_INFINITY);
    const violate = (problem: string): Violation[] => [
      { invariant: 'no-rerun', message: `call ${call}: ${problem}`, taskId },
    ];
    if (lateMs > BEGIN_MS + bounds.noiseMs)
      return violate(`ran ${Math.round(lateMs)} ms after it had ended in the ledger`);
    // The ledger is told of an end before Redis is.
    return startedAtMs > (held.get(taskId) ?? Number.POSITIVE_INFINITY)
      ? violate('ran again although Redis was about to be told of its end')
      : [];
  });
};

export const checkEffects: Check = ({ ledger, calls }) => {
  if (ledger === undefined) return [];
  const rows = groupByCorrelation(ledger.tasks);
  return calls
    .filter(({ payload: { behaviour } }) => behaviour.kind === 'transaction')
    .flatMap(({ call, correlationId }) =>
      (rows.get(correlationId) ?? []).flatMap(({ taskId, status, effectCount }): Violation[] => {
        const expectedCount = status === 'completed' ? 1 : 0;
        if (effectCount === expectedCount) return [];
        const message = `call ${call}: is ${status} with ${effectCount} effects, expected ${expectedCount}`;
        return [{ invariant: 'effects', message, taskId }];
      }),
    );
};

/** What a case promises of a ledger beyond that. */
export const checkLedgerExpectations: Check = (history) => [
  ...checkLostAnswers(history),
  ...checkRefusals(history),
];

const violate = (message: string): Violation => ({ invariant: 'as-promised', message });

const checkLostAnswers: Check = ({ scenario, calls, ledger }) => {
  // A scenario that was made smaller may kill nobody.
  if (scenario.expects?.losesAnswers !== true) return [];
  if (!scenario.faults.some(({ kind }) => kind === 'kill-scheduler')) return [];
  const recorded = new Set(ledger?.tasks.map(({ correlationId }) => correlationId));
  const lost = calls.filter(
    ({ acknowledgement, correlationId }) => acknowledgement.kind === 'unknown' && recorded.has(correlationId),
  );
  return lost.length > 0 ? [] : [violate('expected a task in the ledger whose answer was lost, got none')];
};

/** A call that is made so long before the database is back has no answer by then; milliseconds. */
const CALL_MS = 2500;

const checkRefusals: Check = ({ scenario, calls, faults }) => {
  if (scenario.expects?.refusesWithoutDatabase !== true) return [];
  const outages = faults.filter(({ kind }) => DATABASE_FAULTS.includes(kind));
  return calls
    .filter(({ calledAtMs }) =>
      outages.some(({ fromMs, toMs }) => calledAtMs > fromMs + 100 && calledAtMs < toMs - CALL_MS),
    )
    .filter(({ acknowledgement }) => acknowledgement.kind === 'acknowledged')
    .map(({ call }) => violate(`call ${call}: was acknowledged although the ledger's database was away`));
};
