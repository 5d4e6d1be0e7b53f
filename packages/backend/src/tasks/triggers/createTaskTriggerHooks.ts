import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskScheduler } from '../scheduler/TaskScheduler';
import { decideTrigger, type TriggerOccasion } from './decideTrigger';
import { type HookContext } from './ResourceHooks';
import { ResourceHooksError } from './ResourceHooksError';
import {
  type AnyTrigger,
  type TaskTriggers,
  type TriggerEvent,
  type UpdateTriggerContext,
} from './TaskTrigger';
import { TriggerError, type TriggerFailure } from './TriggerError';
import { triggerProblems } from './triggerProblems';

/** Which tasks the writes of one kind of entity trigger. */
export interface TaskTriggerOptions<
  Entity,
  Created extends readonly unknown[],
  Updated extends readonly unknown[],
  Deleted extends readonly unknown[],
> {
  readonly scheduler: TaskScheduler;
  /** Told of a trigger that fails. */
  readonly logger: ILogger;
  /** The `resource` of default payloads and log lines. Default: that of the hook's context. */
  readonly resource?: string;
  readonly onCreate?: TaskTriggers<Entity, Created>;
  readonly onUpdate?: TaskTriggers<Entity, Updated, UpdateTriggerContext<Entity>>;
  readonly onDelete?: TaskTriggers<Entity, Deleted>;
  /**
   * What becomes of a trigger that fails. The write is done in any case.
   *
   * - `log`: it is logged as an error, and the write answers as if nothing were.
   * - `return`: the hook answers the `TriggerError`, and a service an error that it is the cause of; of several the first,
   *   and the others are logged.
   *
   * Default: `log`.
   */
  readonly onFailure?: 'log' | 'return';
}

/** Hooks that schedule tasks. They only observe, and never throw. */
export interface TaskTriggerHooks<Entity> {
  afterCreate(entity: Entity, context: HookContext): Promise<Result<void, TriggerError>>;
  afterUpdate(entity: Entity, context: UpdateTriggerContext<Entity>): Promise<Result<void, TriggerError>>;
  afterDelete(entity: Entity, context: HookContext): Promise<Result<void, TriggerError>>;
}

/**
 * Creates hooks that schedule tasks after writes, with the correlation ID and the user of the request that wrote. While
 * `TASKS_ENABLED` is false they schedule nothing, which is no failure; the log says so once.
 *
 * The compiler checks each `transform` against its task's payload. It learns the kind of entity from where the hooks are
 * used, or from a parameter: `transform: (user: User) => ...`.
 *
 * @throws ResourceHooksError when an option or a trigger is wrong, with every problem.
 *
 * @example
 * createTaskTriggerHooks({
 *   scheduler, logger,
 *   onCreate: [{ task: welcomeTask, when: (user: User) => user.email !== '', transform: ({ id }) => ({ userId: id }) }],
 *   onDelete: [{ task: auditTask, delayMs: 1000 }],
 * });
 */
export const createTaskTriggerHooks = <
  Entity,
  const Created extends readonly unknown[] = readonly [],
  const Updated extends readonly unknown[] = readonly [],
  const Deleted extends readonly unknown[] = readonly [],
>(
  options: TaskTriggerOptions<Entity, Created, Updated, Deleted>,
): TaskTriggerHooks<Entity> => {
  const problems = triggerProblems(options);
  if (problems.length > 0) throw new ResourceHooksError(problems);
  const { scheduler, resource, onCreate, onUpdate, onDelete, onFailure = 'log' } = options;
  const logger = guardedLogger(options.logger);
  const rules = { scheduler, logger, onFailure, noteDisabled: createNote(logger) };
  const hookOf =
    (event: TriggerEvent, given: unknown = []) =>
    (data: Entity, context: HookContext): Promise<Result<void, TriggerError>> => {
      const triggers = given as readonly AnyTrigger[]; // just checked
      const occasion = { event, resource: resource ?? context.resource, data, context };
      return fireAll({ ...rules, triggers, occasion });
    };
  return {
    afterCreate: hookOf('create', onCreate),
    afterUpdate: hookOf('update', onUpdate),
    afterDelete: hookOf('delete', onDelete),
  };
};

/** A line for each write would bury what matters. */
const createNote = (logger: ILogger): (() => void) => {
  let isNoted = false;
  return () => {
    if (!isNoted) logger.info('Triggers schedule nothing: TASKS_ENABLED is false');
    isNoted = true;
  };
};

interface Firings {
  /** Says that tasks are switched off; told for each trigger. */
  noteDisabled(): void;
  readonly scheduler: TaskScheduler;
  readonly logger: ILogger;
  readonly onFailure: 'log' | 'return';
  readonly triggers: readonly AnyTrigger[];
  readonly occasion: TriggerOccasion;
}

const fireAll = async ({
  noteDisabled,
  scheduler,
  logger,
  onFailure,
  triggers,
  occasion,
}: Firings): Promise<Result<void, TriggerError>> => {
  // All at once: while Redis is away each would keep the caller waiting for its own deadline.
  const ended = await Promise.all(
    triggers.map((trigger) => fire({ noteDisabled, scheduler, trigger, occasion })),
  );
  const failures = ended.flatMap((each) => (each.isErr() ? [each.error] : []));
  const returned = onFailure === 'return' ? failures.shift() : undefined;
  for (const failure of failures) logFailure(logger, failure, occasion.context);
  return returned === undefined ? ok() : err(returned);
};

interface Firing extends Pick<Firings, 'noteDisabled'> {
  readonly scheduler: TaskScheduler;
  readonly trigger: AnyTrigger;
  readonly occasion: TriggerOccasion;
}

const fire = async ({
  noteDisabled,
  scheduler,
  trigger,
  occasion,
}: Firing): Promise<Result<void, TriggerError>> => {
  const decided = decideTrigger(trigger, occasion);
  if (decided.isErr()) return err(decided.error);
  if (decided.value.kind === 'skip') return ok();
  const { task, delayMs } = trigger;
  const { event, resource, context } = occasion;
  const { correlationId, userId } = context;
  const toError = (cause: unknown): TriggerError =>
    new TriggerError(describeUnknown(cause), {
      code: 'not-scheduled',
      event,
      resource,
      taskName: task.queueName,
      receipt: toReceipt(cause),
      cause,
    });
  try {
    const scheduled = await scheduler.schedule(correlationId, task, decided.value.payload, {
      ...(userId === undefined ? {} : { userId }),
      ...(delayMs === undefined ? {} : { delayMs }),
    });
    if (scheduled.isErr() && scheduled.error.code === 'tasks-disabled') {
      noteDisabled();
      return ok();
    }
    return scheduled.map(() => undefined).mapErr(toError);
  } catch (thrown) {
    // Ours answers a Result whatever happens; another implementation may not.
    return err(toError(thrown));
  }
};

/** Of an error that nothing was sent with, nothing. */
const toReceipt = (cause: unknown): TriggerFailure['receipt'] => {
  if (!(cause instanceof ScheduleError)) return undefined;
  const { isUnknown, taskId } = cause.metadata;
  return typeof isUnknown === 'boolean' ? { isUnknown, taskId } : undefined;
};

const logFailure = (logger: ILogger, failure: TriggerError, { correlationId, userId }: HookContext): void => {
  logger.error('A trigger failed; the write is done', failure, {
    ...failure.metadata,
    correlationId,
    ...(userId === undefined ? {} : { userId }),
  });
};
