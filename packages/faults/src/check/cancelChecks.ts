import { type CallHistory } from './History';
import { groupByCall, listRuns, type Run } from './Runs';
import { type Check, type Violation } from './Violation';

/** A worker may have taken the task already, and begin it before it hears of the cancellation; milliseconds. */
const HEARING_MS = 1000;

const taskIdOf = ({ acknowledgement }: CallHistory): string | undefined =>
  acknowledgement.kind === 'refused' ? undefined : acknowledgement.taskId;

/** Why the end of a task is not what its cancellation answered. */
const endProblem = ({ cancellation, final }: CallHistory): string | undefined => {
  const home = final?.homes.join(' and ') ?? 'nowhere';
  if (cancellation?.answer === 'cancelled' && home !== 'cancelled') return `was cancelled, and is ${home}`;
  if (cancellation?.answer === 'ended' && home === 'cancelled') return 'had ended, and is cancelled';
  return cancellation === undefined && home === 'cancelled' ? 'is cancelled, by nobody' : undefined;
};

/** Why a run should not have begun. */
const runProblem = (
  { cancellation }: CallHistory,
  runs: readonly Run[],
  noiseMs: number,
): string | undefined => {
  if (cancellation?.answer !== 'cancelled' && cancellation?.answer !== 'running') return undefined;
  const { answer, answeredAtMs } = cancellation;
  const boundMs = answeredAtMs + (answer === 'running' ? HEARING_MS + noiseMs : 0);
  const late = runs.find(({ startedAtMs }) => startedAtMs > boundMs);
  return late === undefined
    ? undefined
    : `was answered ${answer}, and began ${Math.round(late.startedAtMs - answeredAtMs)} ms later`;
};

export const checkCancelled: Check = (history) => {
  const runsByCall = groupByCall(listRuns(history));
  return history.calls.flatMap((call): Violation[] => {
    if (call.final === undefined) return [];
    const { noiseMs } = history.bounds;
    const problem = endProblem(call) ?? runProblem(call, runsByCall.get(call.call) ?? [], noiseMs);
    return problem === undefined
      ? []
      : [{ invariant: 'cancelled', message: `call ${call.call}: ${problem}`, taskId: taskIdOf(call) }];
  });
};
