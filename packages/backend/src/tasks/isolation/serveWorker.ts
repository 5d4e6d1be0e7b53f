import { runWithLogContext } from '@backend/logger/LogContext';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { callWithSteps } from '../domain/callWithSteps';
import { callHandler } from '../domain/HandlerReturn';
import { suggestion } from '../domain/nearestName';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { isWorthRetrying } from '../domain/TaskOutcome';
import { toStepKey } from '../domain/TaskStep';
import { createTaskSteps, type TaskSteps } from '../domain/TaskSteps';
import { toTaskError } from '../domain/toTaskError';
import { validateOutput } from '../domain/validateOutput';
import { validatePayload } from '../domain/validatePayload';
import { planResources } from '../resources/ResourcePlan';
import { createResourceSet, type ResourceSetOptions } from '../resources/ResourceSet';
import { type ErrorCopy, fromErrorCopy } from './ErrorCopy';
import { toChildContext, toChildLogger } from './ForwardedContext';
import { createForwardedStepStore } from './ForwardedSteps';
import { type IsolatedOrder, ORDERS } from './IsolatedOrder';
import { createLink, type Link } from './Link';

/**
 * Serves the worker that started this process: loads the tasks of a module and runs the attempt that it is asked for. The
 * process ends when the worker lets go of it, or is gone.
 *
 * @param tasksModule URL of a module that exports `tasks`.
 */
export const serveWorker = (tasksModule: string): void => {
  const controller = new AbortController();
  const stray = catchStrayErrors();
  const link: Link = createLink({
    send: (message) => {
      // Without its channel the process is about to end.
      if (process.connected) process.send?.(message);
    },
    answer: async (member, args) => {
      switch (member) {
        case ORDERS.names:
          return (await loadModule(tasksModule)).tasks.map(({ queueName }) => queueName);
        case ORDERS.run: {
          const order = args[0] as IsolatedOrder; // sent by runIsolated
          const result = await runOrder({ order, tasksModule, link, signal: controller.signal, stray });
          return result.match(
            (value) => value,
            (error) => {
              throw error;
            },
          );
        }
        case ORDERS.abort:
          return controller.abort(fromErrorCopy(args[0] as ErrorCopy)); // sent by runIsolated
        default:
          throw new Error(`a worker asked for ${member}, which an isolated process does not do`);
      }
    },
    onFault: (thrown) => process.stderr.write(`${describeUnknown(thrown)}\n`),
  });
  process.on('message', link.receive);
  process.on('disconnect', () => process.exit(0));
  // A service manager may signal the whole group of processes: the worker decides what becomes of the attempt.
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  link.tell(ORDERS.up, []);
};

/** Rejects nothing and resolves never, unless an error reaches no one: then with that error. */
const catchStrayErrors = (): Promise<TaskError> =>
  new Promise((resolve) => {
    const report = (thrown: unknown): void => {
      const { message, original, cause } = toTaskError(thrown);
      const text = `an error of the isolated process reached no one: ${message}`;
      resolve(new TaskError(text, {}, { cause, ...(original === undefined ? {} : { original }) }));
    };
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report);
  });

/** What a module of tasks exports, as far as it matters here. */
interface TasksModule {
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Shared resources; each process of an attempt starts its own. */
  readonly resources: unknown;
}

const loadModule = async (tasksModule: string): Promise<TasksModule> => {
  const loaded: unknown = await import(tasksModule);
  const tasks: unknown = Reflect.get(Object(loaded), 'tasks');
  if (!Array.isArray(tasks)) throw new Error(`expected ${tasksModule} to export a list named tasks`);
  return { tasks, resources: Reflect.get(Object(loaded), 'resources') ?? [] };
};

interface OrderedRun {
  readonly order: IsolatedOrder;
  readonly tasksModule: string;
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly stray: Promise<TaskError>;
}

const runOrder = async ({
  order,
  tasksModule,
  link,
  signal,
  stray,
}: OrderedRun): Promise<Result<unknown, TaskError>> => {
  const { taskName, payload, context: carried, maxResultBytes, appConfig } = order;
  const loaded = await loadModule(tasksModule);
  const task = findTask(loaded.tasks, taskName, tasksModule);
  const checked = validatePayload(task, payload);
  if (checked.isErr()) return checked;
  const planned = planOwnResources(task, loaded);
  if (planned.isErr()) return err(planned.error);
  const logger = toChildLogger(link);
  const resources = createResourceSet({ ...planned.value, container: undefined, logger, appConfig });
  const own = { signal, logger, resolve: resources.resolve };
  const call = (getSteps: () => TaskSteps) =>
    task.handler(checked.value, toChildContext(carried, link, { ...own, getSteps }));
  const create = () => createSteps({ order, link, signal });
  const { correlationId, taskId, attempt } = carried;
  const handled = runWithLogContext({ correlationId, taskId, taskName, attempt }, async () => {
    const started = await resources.start(signal);
    if (started.isErr()) return err(new TaskError(started.error.message, {}, { cause: started.error }));
    const ended = await callHandler(() => callWithSteps({ call, create }));
    await resources.stop(STOP_MS);
    return ended;
  });
  const strayed = stray.then((error): Result<unknown, TaskError> => err(error));
  const result = await Promise.race([handled, strayed]);
  return result
    .andThen((value) => validateOutput(task, value, maxResultBytes))
    .mapErr((error) => toJudged(error, task));
};

/** Milliseconds for the resources of a process to stop; then it ends without that. */
const STOP_MS = 5000;

const planOwnResources = (
  task: TaskDefinition<unknown>,
  { resources }: TasksModule,
): Result<Pick<ResourceSetOptions, 'definitions' | 'listed'>, TaskError> => {
  const isProvided = (): boolean => false;
  const { problems, definitions } = planResources({
    resources,
    tasks: [task],
    isSelective: true,
    isProvided,
  });
  if (problems.length > 0) return err(TaskError.fatal(problems.join(' ')));
  return ok({ definitions, listed: definitions });
};
const createSteps = ({
  order: { maxResultBytes, stepOwner },
  link,
  signal,
}: Pick<OrderedRun, 'order' | 'link' | 'signal'>): TaskSteps =>
  createTaskSteps({
    store: createForwardedStepStore({
      ask: (args) => link.ask('step', args),
      tell: (args) => link.tell('step', args),
    }),
    logger: toChildLogger(link),
    maxResultBytes,
    toKey: (name) => toStepKey(stepOwner, name),
    getSignal: () => signal,
    now: () => new Date(),
  });

const findTask = (
  tasks: readonly TaskDefinition<unknown>[],
  taskName: string,
  tasksModule: string,
): TaskDefinition<unknown> => {
  const task = tasks.find(({ queueName }) => queueName === taskName);
  if (task !== undefined) return task;
  const names = tasks.map(({ queueName }) => queueName);
  throw new Error(`expected tasks of ${tasksModule} to list ${taskName}.${suggestion(taskName, names)}`);
};

/** Asks `retryOn` here, where the error still has its class; of other codes a copy says as much as the error. */
const toJudged = (error: TaskError, { options }: TaskDefinition<unknown>): TaskError => {
  if (error.code !== 'task-failed') return error;
  const { message, metadata, code, cause, original, snoozeMs, stack } = error;
  const judged = new TaskError(message, metadata, {
    code,
    cause,
    ...(original === undefined ? {} : { original }),
    ...(snoozeMs === undefined ? {} : { snoozeMs }),
    isWorthRetrying: isWorthRetrying(error, options.retry?.retryOn),
  });
  if (stack !== undefined) judged.stack = stack;
  return judged;
};
