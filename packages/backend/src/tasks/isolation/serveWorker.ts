import { runWithLogContext } from '@backend/logger/LogContext';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, type Result } from 'neverthrow';
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
import { createChildLogger } from './ChildLogger';
import { type ErrorCopy, fromErrorCopy } from './ErrorCopy';
import { toChildContext } from './ForwardedContext';
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
          return (await loadTasks(tasksModule)).map(({ queueName }) => queueName);
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

const loadTasks = async (tasksModule: string): Promise<readonly TaskDefinition<unknown>[]> => {
  const loaded: unknown = await import(tasksModule);
  const tasks: unknown = Reflect.get(Object(loaded), 'tasks');
  if (!Array.isArray(tasks)) throw new Error(`expected ${tasksModule} to export a list named tasks`);
  return tasks;
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
  const { taskName, payload, context: carried, maxResultBytes } = order;
  const task = findTask(await loadTasks(tasksModule), taskName, tasksModule);
  const checked = validatePayload(task, payload);
  if (checked.isErr()) return checked;
  const call = (getSteps: () => TaskSteps) =>
    task.handler(checked.value, toChildContext(carried, link, { signal, getSteps }));
  const create = () => createSteps({ order, link, signal });
  const { correlationId, taskId, attempt } = carried;
  const handled = runWithLogContext({ correlationId, taskId, taskName, attempt }, () =>
    callHandler(() => callWithSteps({ call, create })),
  );
  const strayed = stray.then((error): Result<unknown, TaskError> => err(error));
  const result = await Promise.race([handled, strayed]);
  return result
    .andThen((value) => validateOutput(task, value, maxResultBytes))
    .mapErr((error) => toJudged(error, task));
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
    logger: createChildLogger((line) => link.tell('logger', [line])),
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
