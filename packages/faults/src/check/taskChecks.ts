import {
  type CallHistory,
  type FaultEvent,
  type FaultEventKind,
  type History,
  type TaskSnapshot,
} from './History';
import { findUnrecorded } from './ledgerChecks';
import { groupByCall, listRuns, type Run } from './Runs';
import { type Check, type Violation } from './Violation';

const TERMINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Faults after which acknowledged tasks may be gone. */
const LOSSES: readonly FaultEventKind[] = ['flush', 'lose-data'];

/** The last moment at which Redis lost its data; undefined when it never did. */
export const lastLossMs = ({ faults }: History): number | undefined => {
  const losses = faults.filter(({ kind }) => LOSSES.includes(kind)).map(({ toMs }) => toMs);
  return losses.length === 0 ? undefined : Math.max(...losses);
};

const acknowledgedId = ({ acknowledgement }: CallHistory): string | undefined =>
  acknowledgement.kind === 'acknowledged' ? acknowledgement.taskId : undefined;

const isTerminal = (snapshot: TaskSnapshot | undefined): boolean =>
  snapshot !== undefined && snapshot.homes.length === 1 && TERMINAL.includes(snapshot.homes[0] ?? '');

/** Whether Redis was emptied after the call was made: then its task may be gone. */
const mayBeLost = (history: History, { calledAtMs }: CallHistory): boolean =>
  calledAtMs <= (lastLossMs(history) ?? Number.NEGATIVE_INFINITY);

/** Calls whose task was acknowledged and is not in exactly one terminal status, in the ledger if there is one. */
export const findLost = (history: History): readonly CallHistory[] =>
  history.ledger === undefined ? findUnended(history) : findUnrecorded(history);

const findUnended = ({ calls }: History): readonly CallHistory[] =>
  calls.filter((call) => acknowledgedId(call) !== undefined && !isTerminal(call.final));

export const checkOneEnd: Check = (history) => {
  const completedRuns = new Set([
    ...history.evidence.filter(({ event }) => event === 'end').map(({ taskId }) => taskId),
    // A run whose process died right after the commit that completed its task left nothing else.
    ...(history.ledger?.tasks ?? []).filter(({ effectCount }) => effectCount > 0).map(({ taskId }) => taskId),
  ]);
  const ranCalls = new Set(history.evidence.map(({ call }) => call));
  return history.calls.flatMap((call): Violation[] => {
    if (call.acknowledgement.kind === 'refused' && ranCalls.has(call.call)) {
      const taskId = history.evidence.find((line) => line.call === call.call)?.taskId;
      return [{ invariant: 'one-end', message: `call ${call.call}: was refused, but it ran`, taskId }];
    }
    const taskId = acknowledgedId(call) ?? (call.final === undefined ? undefined : unknownId(call));
    if (taskId === undefined || (mayBeLost(history, call) && !isTerminal(call.final))) return [];
    const violate = (got: string): Violation[] => [
      { invariant: 'one-end', message: `call ${call.call}: ${got}`, taskId },
    ];
    if (!isTerminal(call.final)) {
      const homes = call.final?.homes.join(' and ') || 'nowhere';
      return violate(`expected completed, failed or cancelled, got ${homes}`);
    }
    const [home = ''] = call.final?.homes ?? [];
    if (call.final?.view !== undefined && call.final.view.status !== home) {
      return violate(`Redis holds it as ${home}, the API says ${call.final.view.status}`);
    }
    if (home === 'completed' && !completedRuns.has(taskId))
      return violate('completed, but no run of it ended');
    return [];
  });
};

const unknownId = ({ acknowledgement }: CallHistory): string | undefined =>
  acknowledgement.kind === 'unknown' ? acknowledgement.taskId : undefined;

/** Whether a fault may have cost a run: it struck its process or everybody while it went on, or its lock lasted. */
const touches = (fault: FaultEvent, run: Run, { bounds }: History): boolean => {
  if (fault.pid !== undefined && fault.pid !== run.pid) return false;
  const endMs = run.endedAtMs ?? run.diedAtMs ?? Number.POSITIVE_INFINITY;
  return fault.fromMs <= endMs + bounds.lockMs && fault.toMs >= run.startedAtMs - bounds.lockMs;
};

/** Attempts that its handler was asked to fail. */
const askedFailures = ({ payload: { behaviour }, maxAttempts }: CallHistory): number => {
  if (behaviour.kind === 'fail') return Math.min(behaviour.times, maxAttempts - 1);
  return behaviour.kind === 'generated' ? maxAttempts - 1 : 0;
};

/** Runs that held the event loop of their process for longer than the lock: to everybody else it was dead. */
const listBlocks = (
  { calls, bounds }: History,
  runs: ReadonlyMap<number, readonly Run[]>,
): readonly FaultEvent[] =>
  calls
    .filter(({ payload: { behaviour } }) => behaviour.kind === 'block' && behaviour.ms > bounds.lockMs)
    // After so many it is failed: further runs are not the price of a fault.
    .flatMap(({ call }) => (runs.get(call) ?? []).slice(0, bounds.maxCrashes - 1))
    .map(({ pid, startedAtMs, endedAtMs = Number.POSITIVE_INFINITY }) => ({
      ...{ kind: 'block' as const, pid, fromMs: startedAtMs, toMs: endedAtMs },
    }));

/** Runs beyond those that the faults explain are one violation; those that they explain are the price of the fault. */
export const countExtraRuns = (history: History): number => {
  const runs = groupByCall(listRuns(history));
  return history.calls.reduce((sum, call) => {
    const count = runs.get(call.call)?.length ?? 0;
    return sum + Math.max(0, count - 1 - askedFailures(call));
  }, 0);
};

export const checkRuns: Check = (history) => {
  const runsByCall = groupByCall(listRuns(history));
  const faults = [...history.faults, ...listBlocks(history, runsByCall)];
  return history.calls.flatMap((call): Violation[] => {
    const runs = runsByCall.get(call.call) ?? [];
    const touching = faults.filter((fault) => runs.some((run) => touches(fault, run, history)));
    const allowed = 1 + askedFailures(call) + touching.length;
    if (hasOverlap(runs)) {
      const message = `call ${call.call}: ran twice at the same time in one process`;
      return [{ invariant: 'runs', message, taskId: runs[0]?.taskId }];
    }
    if (runs.length <= allowed) return [];
    const message = `call ${call.call}: expected at most ${allowed} runs (${touching.length} faults touched it), got ${runs.length}`;
    return [{ invariant: 'runs', message, taskId: runs[0]?.taskId }];
  });
};

/** Whether one process ran a task while it already did. */
const hasOverlap = (runs: readonly Run[]): boolean =>
  runs.some((run, index) =>
    runs
      .slice(0, index)
      .some(
        ({ pid, taskId, endedAtMs = Number.POSITIVE_INFINITY }) =>
          pid === run.pid && taskId === run.taskId && endedAtMs > run.startedAtMs,
      ),
  );

/** Reasons for which a task may be failed while it has attempts left. */
const FINAL_REASONS: readonly string[] = [
  'fatal',
  'invalid-payload',
  'invalid-output',
  'expired',
  'crash-loop',
];

/** Whether a handler may end in a way that no further attempt would mend. */
const mayEndForGood = ({ payload }: CallHistory): boolean => payload.behaviour.kind === 'generated';

const hasFailedAsAsked = ({ payload: { behaviour } }: CallHistory, { attempt, endedAtMs }: Run): boolean =>
  endedAtMs !== undefined &&
  (behaviour.kind === 'generated' || (behaviour.kind === 'fail' && attempt <= behaviour.times));

/**
 * Attempts that were used: runs, and deliveries that were lost on their way, which are crashes though no handler saw
 * them. A run that is not the last one, or that died, is among the crashes already, unless it was asked to fail.
 */
const countUsedAttempts = (call: CallHistory, runs: readonly Run[], history: History): number => {
  const crashedRuns = runs.filter(
    (run, index) => run.diedAtMs !== undefined || (index < runs.length - 1 && !hasFailedAsAsked(call, run)),
  ).length;
  const unseenCrashes = (call.final?.crashCount ?? 0) - crashedRuns;
  return runs.length + Math.max(0, Math.min(unseenCrashes, countFaultsDuring(call, history)));
};

export const checkFailedEarly: Check = (history) => {
  const runsByCall = groupByCall(listRuns(history));
  return history.calls.flatMap((call): Violation[] => {
    if (!call.final?.homes.includes('failed')) return [];
    const { attemptsMade, crashCount, view, failedReason } = call.final;
    const runs = runsByCall.get(call.call) ?? [];
    const usedCount = countUsedAttempts(call, runs, history);
    const taskId = acknowledgedId(call) ?? unknownId(call);
    const violate = (rule: string): Violation[] => {
      const facts = `reason ${view?.reason ?? failedReason}, attempts ${attemptsMade}, crashes ${crashCount}, runs ${runs.length} of ${call.maxAttempts}`;
      return [{ invariant: 'failed-early', message: `call ${call.call}: ${rule}; ${facts}`, taskId }];
    };
    const reason = view?.reason ?? 'exhausted';
    if (reason === 'crash-loop') {
      const { maxCrashes } = history.bounds;
      return usedCount >= maxCrashes ? [] : violate(`failed as crash-loop before ${maxCrashes} crashes`);
    }
    if (FINAL_REASONS.includes(reason)) {
      return mayEndForGood(call) ? [] : violate('failed for good though its handler did not ask for that');
    }
    return usedCount >= call.maxAttempts ? [] : violate('failed with attempts left');
  });
};

const countFaultsDuring = ({ calledAtMs, settled }: CallHistory, { faults, scenario }: History): number => {
  const { finishedOnMs = Number.POSITIVE_INFINITY } = settled ?? {};
  const endMs = finishedOnMs - (scenario.clockAheadMs ?? 0);
  return faults.filter(({ fromMs, toMs }) => fromMs <= endMs && toMs >= calledAtMs).length;
};

export const checkLateRuns: Check = (history) =>
  history.calls.flatMap((call): Violation[] => {
    if (call.final === undefined && mayBeLost(history, call)) return [];
    if (call.settled === undefined || Bun.deepEquals(call.settled, call.final)) return [];
    const message = `call ${call.call}: had ended as ${JSON.stringify(call.settled)}, later it was ${JSON.stringify(call.final)}`;
    return [{ invariant: 'late-run', message, taskId: acknowledgedId(call) }];
  });
