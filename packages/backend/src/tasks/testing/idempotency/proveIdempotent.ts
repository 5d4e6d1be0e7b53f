import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { resolveFrom } from '../../domain/ResourceToken';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { ENVELOPE_VERSION } from '../../domain/TaskEnvelope';
import { TaskId } from '../../domain/TaskId';
import { type StepStore } from '../../domain/TaskStep';
import { checkDefinition } from '../../scheduler/DefinitionCheck';
import { checkPayload } from '../../scheduler/PayloadCheck';
import { runTask as runAttempt } from '../../worker/runTask';
import { checkProofOptions, checkTestResources } from '../checkTestOptions';
import { createMemorySteps } from '../memory/MemorySteps';
import { createTestClock } from '../memory/TestClock';
import { type ResourceValues, toTestEnvironment } from '../memory/testEnvironment';
import { toTestDelivery } from '../memory/toTestDelivery';
import { TestingError } from '../TestingError';
import { testConfig } from '../testConfig';
import { type EffectRun } from './EffectRun';
import { findFirstDifference } from './firstDifference';
import { type IdempotencyWorld, runTrial, type TrialEnd } from './IdempotencyTrial';
import { NotIdempotentError } from './NotIdempotentError';
import { planTrials, type TrialPlan } from './planTrials';
import { recordEffects } from './recordEffects';
import { recordSteps } from './recordSteps';

/** How a handler is tried. */
export interface IdempotencyOptions<Effects extends object> {
  /** Makes a world in which nothing has happened, the same each time; called for each schedule of runs, twice for the undisturbed. */
  world(): IdempotencyWorld<Effects>;
  /** What `ctx.resolve` finds, made of the recorded effects. Default: nothing. */
  resources?(effects: Effects): ResourceValues;
  /** Milliseconds of real time that a run may take; 1 to 60,000. Default: 1000. */
  readonly patienceMs?: number;
}

/** What was tried without finding a difference. */
export interface IdempotencyProof {
  /** Schedules of runs that ended in the same world. */
  readonly scheduleCount: number;
  /** Calls of effects that an undisturbed run makes; each was interrupted. */
  readonly effectCount: number;
}

/** A definition, or what makes one that works on the recorded effects. */
type TaskSource<Payload, Output, Input, Effects> =
  | TaskDefinition<Payload, Output, Input>
  | ((effects: Effects) => TaskDefinition<Payload, Output, Input>);

const UNDISTURBED: TrialPlan = { schedule: 'run once, undisturbed', kind: 'once' };

/**
 * Runs a handler once, twice in a row, twice at the same time, and again after an interruption at each effect, each time in
 * a fresh world, and compares the snapshots with that of one undisturbed run. Between two attempts finished steps are kept.
 *
 * It proves nothing of effects that are not in `effects`, of more than one interruption, of every interleaving of two runs,
 * nor of fakes that behave unlike what they stand for.
 *
 * @param task A definition whose handler finds its effects with `ctx.resolve`, or a function of the effects that makes one.
 * @throws NotIdempotentError whose message shows the schedule and the first difference; TestingError when nothing can be
 *   proved: the undisturbed run does not complete, calls no effect, or ends in another world each time.
 */
export const proveIdempotent = async <Payload, Output, Input, Effects extends object>(
  task: TaskSource<Payload, Output, Input, Effects>,
  payload: NoInfer<Input>,
  options: IdempotencyOptions<Effects>,
): Promise<IdempotencyProof> => {
  checkProofOptions(options);
  const { world, resources, patienceMs = 1000 } = options;
  const runTask = createRunner(payload);
  const attempt = async (plan: TrialPlan, fresh = world()): Promise<TrialEnd> => {
    const steps = createMemorySteps();
    const run = (run: EffectRun, number: number) => {
      const effects = recordEffects(fresh.effects, run);
      return runTask(toDefinition(task, effects), {
        number,
        steps: recordSteps(steps, run),
        resources: checkTestResources(resources?.(effects)),
      });
    };
    return runTrial({ plan, world: fresh, run, patienceMs });
  };
  const first = world();
  const { queueName: taskName } = toDefinition(task, first.effects);
  const expected = await attempt(UNDISTURBED, first);
  checkUndisturbed(taskName, expected, await attempt(UNDISTURBED));
  const plans = planTrials(expected.calls);
  for (const plan of plans) {
    const got = await attempt(plan);
    const difference = got.isCompleted ? findFirstDifference(expected.snapshot, got.snapshot) : undefined;
    if (got.isCompleted && difference === undefined) continue;
    const { calls, lastEnd } = got;
    throw new NotIdempotentError({ taskName, schedule: plan.schedule, calls, difference, lastEnd });
  }
  return { scheduleCount: plans.length + 1, effectCount: expected.calls.length };
};

const toDefinition = <Payload, Output, Input, Effects>(
  task: TaskSource<Payload, Output, Input, Effects>,
  effects: Effects,
): TaskDefinition<unknown> => {
  const definition = typeof task === 'function' ? task(effects) : task;
  const problem = checkDefinition(definition as TaskDefinition<unknown>); // read, not run
  if (problem.isErr()) throw new TestingError(problem.error.message);
  return definition as TaskDefinition<unknown>; // run with the payload that was checked
};

interface NumberedRun {
  /** 1-based. */
  readonly number: number;
  readonly steps: StepStore;
  readonly resources: ResourceValues;
}

/** All runs are of the same task, as its worker would run it. */
const createRunner = (payload: unknown) => {
  const [taskId, correlationId, appConfig] = [TaskId(), CorrelationId(), testConfig()];
  const clock = createTestClock(Date.now());
  const environment = toTestEnvironment({
    appConfig,
    logger: silentLogger,
    clock,
    now: () => new Date(clock.nowMs()),
    random: () => 0,
  });
  return (task: TaskDefinition<unknown>, { number, steps, resources }: NumberedRun) => {
    const stored = checkPayload(task, payload, appConfig.taskMaxPayloadBytes);
    if (stored.isErr()) throw new TestingError(stored.error.message);
    return runAttempt(
      task,
      toTestDelivery({
        taskId,
        data: { v: ENVELOPE_VERSION, payload: stored.value, correlationId },
        attemptsMade: number - 1,
        scheduledAt: environment.now(),
        steps,
      }),
      { ...environment, resolve: resolveFrom(resources) },
    );
  };
};

/** Without these nothing that is found later says anything about the handler. */
const checkUndisturbed = (taskName: string, one: TrialEnd, other: TrialEnd): void => {
  if (!one.isCompleted)
    throw new TestingError(`expected an undisturbed run of ${taskName} to complete, got ${one.lastEnd}`);
  if (one.calls.length === 0)
    throw new TestingError(
      `expected ${taskName} to call an effect of its world, got none: does the handler use what world() answers in effects?`,
    );
  const difference = findFirstDifference(one.snapshot, other.snapshot);
  if (difference === undefined) return;
  const { path, expected, got } = difference;
  throw new TestingError(
    `expected two undisturbed runs of ${taskName} to end in the same world, got ${path} ${expected} and ${got}: leave times and random values out of the snapshot, or fix them`,
  );
};
