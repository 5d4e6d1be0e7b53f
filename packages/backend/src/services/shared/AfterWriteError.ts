import { type TriggerEvent } from '@backend/tasks/triggers/TaskTrigger';
import { AppError } from '@core/errors/AppError';

/** Which write is done. */
interface DoneWrite<Entity> {
  readonly event: TriggerEvent;
  readonly resource: string;
  readonly entity: Entity;
  /** What the hook answered. */
  readonly cause: Error;
}

/** A write is done, but a hook after it failed: doing it again would do it twice. The message is that of the `cause`. */
export class AfterWriteError<Entity = unknown> extends AppError<'after-write-failed'> {
  override readonly name = 'AfterWriteError';
  override readonly cause: Error;
  /** What was written: as it is now, or, if it was deleted, as it was. */
  readonly entity: Entity;

  constructor({ event, resource, entity, cause }: DoneWrite<Entity>) {
    super(cause.message, { code: 'after-write-failed', metadata: { event, resource }, cause });
    this.cause = cause;
    this.entity = entity;
  }
}
