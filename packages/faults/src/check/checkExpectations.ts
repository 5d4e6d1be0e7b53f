import { type Expectation } from '../plan/Scenario';
import { type Evidence } from '../tasks/Evidence';
import { type Way, wayOfEnd } from '../tasks/generateEnd';
import { type CallHistory, type History, type ProcessHistory } from './History';
import { groupByCall, listRuns } from './Runs';
import { countExtraRuns } from './taskChecks';
import { type Check, type Violation } from './Violation';

const violate = (message: string, taskId?: string): Violation => ({
  invariant: 'as-promised',
  message,
  taskId,
});

const taskIdOf = ({ acknowledgement }: CallHistory): string | undefined =>
  acknowledgement.kind === 'refused' ? undefined : acknowledgement.taskId;

const checkExtraRuns = ({ maxExtraRuns }: Expectation, history: History): readonly Violation[] => {
  if (maxExtraRuns === undefined) return [];
  const count = countExtraRuns(history);
  return count <= maxExtraRuns ? [] : [violate(`expected at most ${maxExtraRuns} extra runs, got ${count}`)];
};

const checkFirstCall = ({ failsAs, completes }: Expectation, { calls }: History): readonly Violation[] => {
  const first = calls.find(({ call }) => call === 0);
  if (first === undefined) return [];
  const home = first.final?.homes.join(' and ') ?? 'nowhere';
  const reason = first.final?.view?.reason;
  // A contestant without an API gives no reasons.
  if (failsAs !== undefined && first.final?.view !== undefined && reason !== failsAs) {
    return [violate(`call 0: expected to fail as ${failsAs}, got ${home} as ${reason}`, taskIdOf(first))];
  }
  if (completes === true && home !== 'completed') {
    return [violate(`call 0: expected to complete, got ${home}`, taskIdOf(first))];
  }
  return [];
};

const checkAttempts = ({ usesOneAttempt = false }: Expectation, { calls }: History): readonly Violation[] => {
  if (!usesOneAttempt) return [];
  return calls.flatMap((call) => {
    const { attemptsMade, crashCount } = call.final ?? { attemptsMade: 1, crashCount: 0 };
    if (attemptsMade + crashCount === 1) return [];
    return [
      violate(
        `call ${call.call}: expected one attempt, got ${attemptsMade} and ${crashCount} crashes`,
        taskIdOf(call),
      ),
    ];
  });
};

/** In the order in which the lines were written; a file that is appended to has no other. */
const checkSteps = ({ keepsSteps = false }: Expectation, { evidence }: History): readonly Violation[] => {
  if (!keepsSteps) return [];
  const keyOf = ({ taskId, step }: Evidence): string => `${taskId} ${step}`;
  const kept = new Set<string>();
  return evidence.flatMap((line): readonly Violation[] => {
    if (line.event === 'kept') kept.add(keyOf(line));
    if (line.event !== 'step' || !kept.has(keyOf(line))) return [];
    return [violate(`call ${line.call}: step ${line.step} was begun again after it was kept`, line.taskId)];
  });
};

const checkStops = ({ stop }: Expectation, history: History): readonly Violation[] => {
  const { scenario, processes, faults, bounds } = history;
  // A scenario that was made smaller may ask nobody to stop.
  if (stop === undefined || !scenario.faults.some(({ kind }) => kind === 'stop-worker')) return [];
  const pids = faults.filter(({ kind }) => kind === 'stop-worker').map(({ pid }) => pid);
  const stopped = processes.filter(({ pid, killedAtMs }) => pids.includes(pid) && killedAtMs === undefined);
  if (stopped.length === 0) return [violate('expected a worker that was asked to stop, got none')];
  const withinMs = stop.withinMs + bounds.noiseMs;
  return stopped.flatMap((process) => {
    const tookMs = stopDuration(process);
    if (tookMs <= withinMs && process.exitCode === stop.code) return [];
    const got = `${process.exitCode} after ${Math.round(tookMs)} ms`;
    return [violate(`${process.name}: expected to end with ${stop.code} within ${withinMs} ms, got ${got}`)];
  });
};

const checkAcknowledged = (
  { acknowledgesFromMs }: Expectation,
  { calls, startedAtMs }: History,
): readonly Violation[] => {
  if (acknowledgesFromMs === undefined) return [];
  return calls
    .filter(({ calledAtMs }) => calledAtMs >= startedAtMs + acknowledgesFromMs)
    .filter(({ acknowledgement }) => acknowledgement.kind !== 'acknowledged')
    .map((call) =>
      violate(`call ${call.call}: expected to be acknowledged, got ${call.acknowledgement.kind}`),
    );
};

const stopDuration = ({ stopRequestedAtMs, endedAtMs }: ProcessHistory): number =>
  (endedAtMs ?? Number.POSITIVE_INFINITY) - Math.max(...stopRequestedAtMs);

/** What docs/lifecycle.md says of each way in which a handler can end: the failure reason, or completed. */
const ENDS = {
  // What refuses to be read, as a promise's value has to be, is a rejection before anybody sees it.
  return: ['invalid-output', 'exhausted'],
  ok: ['completed', 'invalid-output'],
  err: ['exhausted'],
  throw: ['exhausted'],
  reject: ['exhausted'],
  thenable: ['exhausted'],
} as const satisfies Record<Way, readonly string[]>;

/** Handlers that end in any way have the outcome that is documented for it, after as many runs. */
const checkGenerated = (
  { endsAsDocumented = false }: Expectation,
  history: History,
): readonly Violation[] => {
  if (!endsAsDocumented) return [];
  const runs = groupByCall(listRuns(history));
  return history.calls.flatMap((call): readonly Violation[] => {
    const { payload, final, maxAttempts } = call;
    // A contestant without an API gives no reasons.
    if (payload.behaviour.kind !== 'generated' || final?.view === undefined) return [];
    const way = wayOfEnd(payload.behaviour.seed);
    const end = final.view.reason ?? final.view.status;
    const runCount = runs.get(call.call)?.length ?? 0;
    const allowed: readonly string[] = ENDS[way];
    const expectedRuns = end === 'exhausted' ? maxAttempts : 1;
    if (allowed.includes(end) && runCount === expectedRuns) return [];
    const wanted = `${allowed.join(' or ')} after ${expectedRuns} run(s)`;
    const message = `call ${call.call}, which ends in ${way}: expected ${wanted}, got ${end} after ${runCount}`;
    return [violate(message, taskIdOf(call))];
  });
};

/** Checks what a case promises beyond the invariants. */
export const checkExpectations: Check = (history) => {
  const { expects } = history.scenario;
  if (expects === undefined) return [];
  return [
    checkExtraRuns,
    checkFirstCall,
    checkAttempts,
    checkSteps,
    checkAcknowledged,
    checkStops,
    checkGenerated,
  ].flatMap((check) => check(expects, history));
};
