import { type CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { type Result } from 'neverthrow';

/** What a hook knows about the call it belongs to. */
export interface HookContext {
  /** What kind of entity is written, such as `users`. */
  readonly resource: string;
  /** The id of the request that causes the write. */
  readonly correlationId: CorrelationId;
  /** The user who writes, if one is known. */
  readonly userId?: UserId;
}

/** What a hook knows before an entity is changed. */
export interface EntityHookContext<Id> extends HookContext {
  readonly id: Id;
}

/** What a hook knows after an entity was changed. */
export interface UpdateHookContext<Id, Changes> extends EntityHookContext<Id> {
  /** The changes as they were stored. */
  readonly changes: Changes;
}

/** `ok(value)` to go on, `err(error)` to refuse, or a promise of one. */
export type HookResult<Value> = Result<Value, Error> | PromiseLike<Result<Value, Error>>;

/**
 * What happens around the writes of one kind of entity; every hook may be left out.
 *
 * A `before` hook sees a write that has been checked but not done. What is inside its `ok` is stored instead, as it is; its
 * `err` refuses the write, and the caller learns why. An `after` hook observes a write that is done. Its `err`, or what
 * it throws, undoes nothing: the caller learns of it although the entity is stored.
 */
export interface ResourceHooks<Id, Entity, NewEntity, Changes> {
  beforeCreate?(data: NewEntity, context: HookContext): HookResult<NewEntity>;
  afterCreate?(entity: Entity, context: HookContext): HookResult<void>;
  beforeUpdate?(changes: Changes, context: EntityHookContext<Id>): HookResult<Changes>;
  /** `entity` is what it is now. */
  afterUpdate?(entity: Entity, context: UpdateHookContext<Id, Changes>): HookResult<void>;
  beforeDelete?(entity: Entity, context: HookContext): HookResult<void>;
  /** `entity` is what it was. */
  afterDelete?(entity: Entity, context: HookContext): HookResult<void>;
}
