import { BACKOFF_MS, LEDGER_BENCH, RELAY_LEASE_MS } from '../plan/BenchSettings';
import { availableWindows, cutWindows, longestAvailableMs } from './Availability';
import { type CallHistory, type History, type Window } from './History';
import { groupByCall, listRuns, type Run } from './Runs';
import { lastLossMs } from './taskChecks';
import { type Check, type Violation } from './Violation';

/** Clocks of two processes of one machine differ by less; milliseconds. */
const CLOCK_TOLERANCE_MS = 5;

export const checkEarly: Check = (history) => {
  const runsByCall = groupByCall(listRuns(history));
  return history.calls.flatMap((call): Violation[] => {
    const [first] = runsByCall.get(call.call) ?? [];
    // Where clocks differ nothing better can be had than their difference: see docs/reference/guarantees.md.
    const dueAtMs = call.calledAtMs + call.delayMs - Math.abs(history.scenario.clockAheadMs ?? 0);
    if (first === undefined || first.startedAtMs >= dueAtMs - CLOCK_TOLERANCE_MS) return [];
    const message = `call ${call.call}: started ${Math.round(dueAtMs - first.startedAtMs)} ms before it was due`;
    return [{ invariant: 'early', message, taskId: first.taskId }];
  });
};

/** SCHEDULE_DEADLINE_MS by default, and what a busy machine may add; milliseconds. */
const ANSWER_MS = 2000 + 2000;

export const checkAnswered: Check = ({ calls, bounds }) =>
  calls.flatMap((call): Violation[] => {
    const tookMs = Math.round(call.answeredAtMs - call.calledAtMs);
    if (tookMs <= ANSWER_MS + bounds.noiseMs) return [];
    const message = `call ${call.call}: expected an answer within ${ANSWER_MS} ms, got it after ${tookMs} ms`;
    return [{ invariant: 'answered', message }];
  });

/** A time in which a task waited: to be started, started again, or settled. */
interface Wait extends Window {
  readonly call: number;
  readonly taskId: string | undefined;
  readonly what: string;
}

const settledAtMs = ({ settled }: CallHistory, { scenario }: History): number =>
  settled?.finishedOnMs === undefined
    ? Number.POSITIVE_INFINITY
    : settled.finishedOnMs - (scenario.clockAheadMs ?? 0);

const waitsOf = (call: CallHistory, runs: readonly Run[], history: History): readonly Wait[] => {
  const isKnown = call.acknowledgement.kind === 'acknowledged';
  const taskId = call.acknowledgement.kind === 'refused' ? undefined : call.acknowledgement.taskId;
  const settledMs = settledAtMs(call, history);
  const toWait = (fromMs: number, toMs: number, what: string): Wait => ({
    ...{ call: call.call, taskId, fromMs, toMs: Math.min(toMs, settledMs), what },
  });
  const first = runs[0]?.startedAtMs ?? Number.POSITIVE_INFINITY;
  const dueAtMs = call.answeredAtMs + call.delayMs;
  return [
    ...(isKnown ? [toWait(dueAtMs, first, 'to start')] : []),
    ...runs.flatMap((run, index) => {
      const next = runs[index + 1]?.startedAtMs ?? Number.POSITIVE_INFINITY;
      if (run.diedAtMs !== undefined) return [toWait(run.diedAtMs, next, 'to start again')];
      // Another run may have taken over from one that lost its lock: the last one has to be settled.
      if (run.endedAtMs === undefined || index < runs.length - 1) return [];
      return [toWait(run.endedAtMs + RETRY_WAIT_MS, settledMs, 'to be settled')];
    }),
  ];
};

/** The longest wait of a handler that was asked to fail: the backoff with its jitter; milliseconds. */
const RETRY_WAIT_MS = 2 * BACKOFF_MS;

/** Where tasks wait for each other, each start is a sign of life. */
const startTimes = ({ evidence }: History): readonly number[] =>
  evidence.filter(({ event }) => event === 'start').map(({ atMs }) => atMs);

/** Every time in which a task waited although it could have run, longest first; in milliseconds. */
export const listWaits = (history: History): readonly (Wait & { readonly waitedMs: number })[] => {
  const runsByCall = groupByCall(listRuns(history));
  const available = history.scenario.isBacklog
    ? cutWindows(availableWindows(history), startTimes(history))
    : availableWindows(history);
  const lossMs = lastLossMs(history) ?? Number.NEGATIVE_INFINITY;
  return history.calls
    .filter(({ calledAtMs }) => calledAtMs > lossMs)
    .flatMap((call) => waitsOf(call, runsByCall.get(call.call) ?? [], history))
    .map((wait) => ({ ...wait, waitedMs: longestAvailableMs(available, wait) }))
    .toSorted((one, other) => other.waitedMs - one.waitedMs);
};

/** Two looks for stalled tasks, each a question and an answer to it, the news that a task waits, and its fetch. */
const ROUND_TRIPS = 6;

/** Between a question to Redis and its answer, at the worst; milliseconds. */
const roundTripMs = ({ scenario }: History): number =>
  2 * Math.max(0, ...scenario.faults.map((fault) => (fault.kind === 'bad-network' ? fault.latencyMs : 0)));

/** What docs/reference/guarantees.md promises: lock + 2 x stalled interval + 1 s, and six round trips of a slow network. */
export const recoveryBoundMs = (history: History): number =>
  history.bounds.lockMs +
  2 * history.bounds.stalledIntervalMs +
  1000 +
  ROUND_TRIPS * roundTripMs(history) +
  (history.ledger === undefined ? 0 : RELAY_MS);

/** A task of the ledger may be one that a relay had which could not put it on its queue; milliseconds. */
const RELAY_MS = RELAY_LEASE_MS + LEDGER_BENCH.relayIntervalMs + LEDGER_BENCH.relayAgeMs;

export const checkLate: Check = (history) => {
  const boundMs = recoveryBoundMs(history) + history.bounds.noiseMs;
  // A task that never ended is a violation of its own.
  const late = listWaits(history).filter(({ waitedMs, toMs }) => waitedMs > boundMs && Number.isFinite(toMs));
  const [worst] = late;
  if (worst === undefined) return [];
  const message = `call ${worst.call}: waited ${Math.round(worst.waitedMs)} ms ${worst.what}, expected at most ${boundMs} ms (${late.length} such waits)`;
  return [{ invariant: 'late', message, taskId: worst.taskId }];
};
