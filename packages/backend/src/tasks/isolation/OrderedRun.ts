import { runWithLogContext } from '@backend/logger/LogContext';
import { err, type Result } from 'neverthrow';
import { callWithSteps } from '../domain/callWithSteps';
import { callHandler } from '../domain/HandlerReturn';
import { showToken } from '../domain/ResourceToken';
import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { isWorthRetrying } from '../domain/TaskOutcome';
import { toStepKey } from '../domain/TaskStep';
import { createTaskSteps, type TaskSteps } from '../domain/TaskSteps';
import { validateOutput } from '../domain/validateOutput';
import { validatePayload } from '../domain/validatePayload';
import { type ResourceDefinition } from '../resources/ResourceDefinition';
import { createResourceSet, type ResourceSet } from '../resources/ResourceSet';
import { toLedgerDialect } from './CompletionRules';
import { toChildContext, toChildLogger } from './ForwardedContext';
import { type ForwardedRules } from './ForwardedSchedule';
import { createForwardedStepStore } from './ForwardedSteps';
import { type IsolatedOrder, ORDERS, RESOURCES_STOP_MS } from './IsolatedOrder';
import { type Link } from './Link';
import { findTask, loadModule, planTaskResources } from './TasksModule';

/** An attempt that runs in this process. */
export interface OrderedRun {
  /** What the handler returned, its output checked. Rejects when the tasks cannot be loaded. */
  readonly result: Promise<Result<unknown, TaskError>>;
  /** Stops what was started for it. To be called when the worker has the result, so that no hanging stop holds that up. */
  stop(): Promise<void>;
}

interface RunOptions {
  readonly order: IsolatedOrder;
  /** URL of the module that lists the tasks. */
  readonly tasksModule: string;
  readonly link: Link;
  /** Aborted when the handler is to end. */
  readonly signal: AbortSignal;
  /** Resolves with an error that reaches no one. */
  readonly stray: Promise<TaskError>;
}

/** Runs the attempt of an order: payload, resources, handler, output. */
export const createOrderedRun = (options: RunOptions): OrderedRun => {
  let resources: ResourceSet | undefined;
  const start = async (definitions: readonly ResourceDefinition[]) => {
    const created = createResourceSet({
      ...{ definitions, listed: definitions, container: undefined },
      logger: toChildLogger(options.link),
      appConfig: options.order.appConfig,
      beforeStart: (token) => options.link.ask(ORDERS.starting, [showToken(token)]),
    });
    resources = created;
    return (await created.start(options.signal))
      .map(() => created)
      .mapErr((error) => new TaskError(error.message, {}, { cause: error }));
  };
  return { result: runOrder(options, start), stop: async () => resources?.stop(RESOURCES_STOP_MS) };
};

const runOrder = async (
  { order, tasksModule, link, signal, stray }: RunOptions,
  start: (
    definitions: readonly ResourceDefinition[],
  ) => Promise<Result<Pick<ResourceSet, 'resolve'>, TaskError>>,
): Promise<Result<unknown, TaskError>> => {
  const { taskName, payload, context: carried, maxResultBytes } = order;
  const loaded = await loadModule(tasksModule);
  const task = findTask(loaded, taskName, tasksModule);
  const checked = validatePayload(task, payload);
  if (checked.isErr()) return checked;
  const planned = planTaskResources(task, loaded);
  if (planned.isErr()) return err(planned.error);
  const { correlationId, taskId, attempt } = carried;
  const handled = runWithLogContext({ correlationId, taskId, taskName, attempt }, async () => {
    const started = await start(planned.value);
    if (started.isErr()) return err(started.error);
    await link.ask(ORDERS.begun, []);
    const own = {
      signal,
      logger: toChildLogger(link),
      resolve: started.value.resolve,
      rules: toRules(order),
      completion: {
        dialect: toLedgerDialect(order.appConfig),
        checkOutput: (value: unknown) => validateOutput(task, value, maxResultBytes),
      },
    };
    const call = (getSteps: () => TaskSteps) =>
      task.handler(checked.value, toChildContext(carried, link, { ...own, getSteps }));
    return callHandler(() => callWithSteps({ call, create: () => createSteps({ order, link, signal }) }));
  });
  const strayed = stray.then((error): Result<unknown, TaskError> => err(error));
  return (await Promise.race([handled, strayed]))
    .andThen((value) => validateOutput(task, value, maxResultBytes))
    .mapErr((error) => toJudged(error, task));
};

const toRules = ({ context, taskName, ancestors, appConfig }: IsolatedOrder): ForwardedRules => {
  const { taskId, correlationId, userId } = context as Pick<
    TaskContext,
    'taskId' | 'correlationId' | 'userId'
  >; // carried
  const parent = { taskId, taskName, correlationId, ancestors };
  return { parent: userId === undefined ? parent : { ...parent, userId }, limits: appConfig };
};

const createSteps = ({
  order: { maxResultBytes, stepOwner },
  link,
  signal,
}: Pick<RunOptions, 'order' | 'link' | 'signal'>): TaskSteps =>
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
