import { type Result } from 'neverthrow';
import { callWithSteps } from '../domain/callWithSteps';
import { type TaskError } from '../domain/TaskError';
import { type TaskSteps } from '../domain/TaskSteps';
import { type Isolation } from '../isolation/Isolation';
import { type IsolatedRun } from '../isolation/runIsolated';
import { type StoredChild } from '../queue/ChildStore';
import { type Attempt } from './Attempt';
import { toContext, toStepOwner, toSteps } from './AttemptContext';
import { type AttemptFamily, createAttemptFamily } from './AttemptFamily';
import { type HandlerRunOptions, runHandler } from './HandlerRun';
import { type Shutdown } from './Shutdown';

/** How the handler of an attempt has ended. */
export interface HandlerEnd {
  readonly result: Result<unknown, TaskError>;
  /** Children that the attempt had and did not wait for to their end. */
  readonly unendedChildren: readonly StoredChild[];
}

/** The isolation in which an attempt runs; none for a handler that runs in the worker's own process. */
export const isolationOf = ({ task, environment }: Attempt): Isolation | undefined =>
  task.options.isolate === undefined ? undefined : environment.isolation;

/** Calls the handler of an attempt, here or in a process of its own. */
export const callTask = (attempt: Attempt, payload: unknown): Promise<HandlerEnd> => {
  const isolation = isolationOf(attempt);
  return isolation === undefined ? callHere(attempt, payload) : callIsolated(attempt, isolation);
};

const callHere = async (attempt: Attempt, payload: unknown): Promise<HandlerEnd> => {
  const { task, environment } = attempt;
  const { logger } = environment;
  let family: AttemptFamily | undefined;
  const result = await runHandler({
    ...limitsOf(attempt),
    call: (controls) => {
      const { getSignal } = controls;
      const own = createAttemptFamily(attempt, controls);
      family = own;
      return callWithSteps({
        call: (getSteps) => task.handler(payload, toContext(attempt, { getSignal, getSteps, family: own })),
        create: () => toSteps(attempt, getSignal),
      });
    },
    onAbandoned: (cause, ended) => {
      const facts = factsOf(attempt, cause);
      logger.warn('A handler ignores its abort signal; it goes on without its task', facts);
      void ended.then(() =>
        logger.warn('A handler ended after its task was settled; its result is discarded', facts),
      );
    },
  });
  return { result, unendedChildren: family?.end() ?? [] };
};

/** The payload goes as it was scheduled: the process makes of it what the schema does. */
const callIsolated = async (attempt: Attempt, isolation: Isolation): Promise<HandlerEnd> => {
  const { task, delivery, environment, envelope } = attempt;
  const started: { run?: IsolatedRun; family?: AttemptFamily } = {};
  const result = await runHandler({
    ...limitsOf(attempt),
    call: (controls) => {
      const { getSignal } = controls;
      const family = createAttemptFamily(attempt, controls);
      started.family = family;
      // The steps of the handler are its process's; what they are asked for here is their store.
      const getSteps = (): TaskSteps => toSteps(attempt, getSignal);
      started.run = isolation.run({
        task,
        payload: envelope.payload,
        context: toContext(attempt, { getSignal, getSteps, family }),
        maxResultBytes: environment.maxResultBytes,
        steps: delivery.steps,
        stepOwner: toStepOwner(attempt),
        ancestors: envelope.ancestors ?? [],
      });
      return started.run.result;
    },
    starting: () => started.run?.starting(),
    onAbandoned: (cause) => {
      logKill(attempt, cause, started.run?.starting());
      started.run?.kill();
    },
  });
  // The next attempt does not begin while the process of this one is there.
  if (started.run !== undefined) await letEnd(started.run, environment.shutdown);
  return { result, unendedChildren: started.family?.end() ?? [] };
};

/** A handler that has not begun is not to blame. */
const logKill = (attempt: Attempt, cause: TaskError, starting: string | undefined): void => {
  const { logger } = attempt.environment;
  const facts = factsOf(attempt, cause);
  if (starting === undefined)
    logger.warn('An isolated handler ignores its abort signal; its process is killed', facts);
  else
    logger.warn('An isolated attempt does not end its start; its process is killed', { ...facts, starting });
};

/** What ends a handler that does not end by itself. */
const limitsOf = ({
  plan,
  delivery,
  environment,
}: Attempt): Omit<HandlerRunOptions, 'call' | 'starting' | 'onAbandoned'> => ({
  timeoutMs: plan.timeoutMs,
  graceMs: environment.graceMs,
  shutdown: environment.shutdown,
  cancellation: delivery.cancellation,
  clock: environment.clock,
});

const factsOf = ({ task, delivery, envelope }: Attempt, { code }: TaskError) => ({
  taskName: task.queueName,
  taskId: delivery.taskId,
  correlationId: envelope.correlationId,
  reason: code,
});

/** A worker that has waited for its tasks must tell their ends: then a process gets no more time for its resources. */
const letEnd = async ({ over, kill }: IsolatedRun, shutdown: Shutdown): Promise<void> => {
  const stopListening = shutdown.onBegin(kill);
  await over;
  stopListening();
};
