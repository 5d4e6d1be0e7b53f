import { type UserId } from '@core/domain/user/user';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type HookContext, type UpdateHookContext } from './ResourceHooks';

/** What has been done to an entity. */
export type TriggerEvent = 'create' | 'update' | 'delete';

/** The payload of a triggered task unless its trigger transforms the entity. */
export interface TriggerPayload<Entity> {
  readonly event: TriggerEvent;
  /** What kind of entity was written, such as `users`. */
  readonly resource: string;
  /** The entity: as it is now, or, of one that was deleted, as it was. */
  readonly data: Entity;
  /** The user who wrote it; left out when none is known. */
  readonly userId?: UserId;
}

/** The fields of a trigger. */
export interface TriggerRules<Entity, Input, Context> {
  readonly task: TaskDefinition<unknown, unknown, Input>;
  /** Whether this entity triggers the task. Answers at once. Default: always. */
  readonly when?: (data: Entity, context: Context) => boolean;
  /** Makes the payload of the entity. Answers at once. Default: the payload is a `TriggerPayload`. */
  readonly transform?: (data: Entity, context: Context) => NoInfer<Input>;
  /** Milliseconds until the task may run; 0 to 10 years. Default: 0. */
  readonly delayMs?: number;
}

/**
 * A task that a write schedules. The compiler lets `transform` be left out only where the task takes a `TriggerPayload`.
 * (The condition requires the field and says nothing of its type, or the compiler would not infer `Entity` from it.)
 */
export type TaskTrigger<Entity, Input, Context = HookContext> = TriggerRules<Entity, Input, Context> &
  (TriggerPayload<Entity> extends Input ? unknown : { readonly transform: unknown });

/** Triggers of one event, each for a task with a payload of its own. */
export type TaskTriggers<Entity, Inputs extends readonly unknown[], Context = HookContext> = {
  readonly [Index in keyof Inputs]: TaskTrigger<Entity, Inputs[Index], Context>;
};

/** What a trigger of `onUpdate` knows besides the entity. */
export type UpdateTriggerContext<Entity> = UpdateHookContext<
  unknown,
  { readonly [Field in keyof Entity]?: Entity[Field] | undefined }
>;

/** A trigger of whatever event and task, as it is kept. */
export interface AnyTrigger {
  readonly task: TaskDefinition<unknown>;
  when?(data: unknown, context: HookContext): unknown;
  transform?(data: unknown, context: HookContext): unknown;
  readonly delayMs?: number;
}
