import { type ILogger } from '@backend/logger/Logger';
import { type TaskContext } from '../domain/TaskContext';
import { toLogLine, toProgressJson } from '../domain/TaskReport';
import { type StepOwner, toStepKey } from '../domain/TaskStep';
import { createTaskSteps, type TaskSteps } from '../domain/TaskSteps';
import { LedgerError } from '../ledger/LedgerError';
import { type Attempt, toLogBindings } from './Attempt';
import { type AttemptFamily } from './AttemptFamily';

/** What a handler's context makes when the handler asks for it. */
interface HandlerParts {
  getSignal(): AbortSignal;
  getSteps(): TaskSteps;
  readonly family: AttemptFamily;
}

/** Makes the context that a handler gets. */
export const toContext = (attempt: Attempt, { getSignal, getSteps, family }: HandlerParts): TaskContext => {
  const { delivery, task, envelope, plan, startedAt, environment } = attempt;
  const { correlationId, parentId, scheduleId, userId, metadata = {} } = envelope;
  let logger: ILogger | undefined;
  // Few handlers log: the others do without a logger of their own.
  const getLogger = (): ILogger => {
    logger ??= environment.logger.child(toLogBindings(attempt));
    return logger;
  };
  return {
    taskId: delivery.taskId,
    taskName: task.queueName,
    correlationId,
    ...(parentId === undefined ? {} : { parentId }),
    ...(scheduleId === undefined ? {} : { scheduleId }),
    ...(userId === undefined ? {} : { userId }),
    metadata,
    attempt: plan.attempt,
    maxAttempts: plan.maxAttempts,
    scheduledAt: delivery.scheduledAt,
    startedAt,
    workerId: environment.workerId,
    get logger() {
      return getLogger();
    },
    get signal() {
      return getSignal();
    },
    resolve: environment.resolve,
    progress: async (value) => delivery.report.progress(toProgressJson(value)),
    log: async (message) => {
      delivery.report.log(toLogLine(message));
      getLogger().info(message);
    },
    schedule: family.schedule,
    get children() {
      return family.children();
    },
    step: (name, work) => getSteps().step(name, work),
    completeWithin: async (transaction, value) => {
      if (environment.ledger === undefined) throw toDisabled();
      await environment.ledger.completeWithin(attempt, transaction, value);
    },
  };
};

const toDisabled = (): LedgerError =>
  new LedgerError('expected LEDGER_URL to name a database for ctx.completeWithin, got "off"', {
    code: 'ledger-disabled',
  });

/** The task whose steps an attempt goes on with. */
export const toStepOwner = ({ delivery, task, envelope }: Attempt): StepOwner => ({
  taskName: task.queueName,
  taskId: envelope.stepsOf ?? delivery.taskId,
});

/** Creates the steps of an attempt. */
export const toSteps = (attempt: Attempt, getSignal: () => AbortSignal): TaskSteps => {
  const { delivery, environment } = attempt;
  const owner = toStepOwner(attempt);
  return createTaskSteps({
    store: delivery.steps,
    logger: environment.logger.child(toLogBindings(attempt)),
    maxResultBytes: environment.maxResultBytes,
    toKey: (name) => toStepKey(owner, name),
    getSignal,
    now: environment.now,
  });
};
