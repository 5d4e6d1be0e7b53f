import { type ComposedHooks, composeHooks } from '@backend/tasks/triggers/composeHooks';
import { HookError } from '@backend/tasks/triggers/HookError';
import { type HookContext } from '@backend/tasks/triggers/ResourceHooks';
import { type TriggerEvent } from '@backend/tasks/triggers/TaskTrigger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, type Result } from 'neverthrow';
import { AfterWriteError } from './AfterWriteError';
import { type EntityChanges, type NewEntity, type Repository } from './Repository';
import { type ServiceContext } from './ServiceContext';
import { type ServiceHooks } from './ServiceHooks';
import { type WriteOptions } from './WriteOptions';
import { WriteRefusedError } from './WriteRefusedError';

/** How a new entity is stored between its hooks. */
export interface CreateEntityOptions<Entity, PartialEntity> extends WriteOptions {
  /** Stores what the hooks before it made of the data. Default: the repository's `create`. */
  store?(data: PartialEntity): Promise<Result<Entity, Error>>;
}

/**
 * What services over one kind of entity share. A service extends it, says what creating means, and has `this.repo`
 * and `this.context` at hand.
 *
 * Its writes may answer three errors of their hooks: `WriteRefusedError` when one before the write refused it, `HookError`
 * when one before it broke (nothing was written then), and `AfterWriteError` when one after it failed: the write is done.
 *
 * @example
 * class NotesService extends SharedService<NoteId, Note> {
 *   async create(data: NewEntity<Note>, options?: WriteOptions): Promise<Result<Note, Error>> {
 *     return this.createEntity(data, options);
 *   }
 * }
 */
export abstract class SharedService<Id, Entity, PartialEntity = NewEntity<Entity>> {
  protected readonly repo: Repository<Id, Entity, PartialEntity>;
  protected readonly context: ServiceContext;
  private readonly hooked: ServiceHooks<Id, Entity, PartialEntity> | undefined;
  private readonly hooks: ComposedHooks<Id, Entity, PartialEntity, EntityChanges<Entity>>;

  /**
   * @param hooked What runs around `createEntity`, `update` and `delete`. Default: nothing.
   * @throws ResourceHooksError when the hooks are none.
   */
  constructor(
    repo: Repository<Id, Entity, PartialEntity>,
    context: ServiceContext,
    hooked?: ServiceHooks<Id, Entity, PartialEntity>,
  ) {
    this.repo = repo;
    this.context = context;
    this.hooked = hooked;
    this.hooks = composeHooks(...(hooked === undefined ? [] : [hooked.hooks]));
  }

  /** Creates an entity. Each service checks, stores and schedules in its own way, so there is no default. */
  abstract create(data: PartialEntity, options?: WriteOptions): Promise<Result<Entity, Error>>;

  /** Answers one entity. Errors: `NotFoundError`, `StorageError`. */
  get(id: Id): Promise<Result<Entity, Error>> {
    return this.repo.get(id);
  }

  /**
   * Changes some fields of an entity and answers it as it is now. Errors: `NotFoundError`, `ConflictError`,
   * `StorageError`, and those of the hooks.
   */
  async update(
    id: Id,
    changes: EntityChanges<Entity>,
    options: WriteOptions = {},
  ): Promise<Result<Entity, Error>> {
    const context = { ...this.toHookContext(options), id };
    const before = await this.hooks.beforeUpdate(changes, context);
    if (before.isErr()) return err(toRefused(before.error));
    const updated = await this.repo.update(id, before.value);
    if (updated.isErr()) return err(updated.error);
    const { value: entity } = updated;
    const after = await this.hooks.afterUpdate(entity, { ...context, changes: before.value });
    return after.map(() => entity).mapErr(this.toDone('update', entity));
  }

  /** Removes an entity. Errors: `NotFoundError`, `StorageError`, and those of the hooks. */
  async delete(id: Id, options: WriteOptions = {}): Promise<Result<void, Error>> {
    const { beforeDelete, afterDelete } = this.hooked?.hooks ?? {};
    if (beforeDelete === undefined && afterDelete === undefined) return this.repo.delete(id);
    // Read for the hooks: afterwards nobody knows any more what it was.
    const found = await this.repo.get(id);
    if (found.isErr()) return err(found.error);
    const context = this.toHookContext(options);
    const before = await this.hooks.beforeDelete(found.value, context);
    if (before.isErr()) return err(toRefused(before.error));
    const deleted = await this.repo.delete(id);
    if (deleted.isErr()) return err(deleted.error);
    const after = await this.hooks.afterDelete(found.value, context);
    return after.mapErr(this.toDone('delete', found.value));
  }

  /**
   * Stores a new entity with the hooks around it: what the `create` of a service with hooks calls when it has checked the data.
   * Whatever belongs to storing, such as a task without which the entity would be deleted again, belongs into `store`,
   * so that the hooks after it see what stays. Errors: those of `store` and of the hooks.
   */
  protected async createEntity(
    data: PartialEntity,
    {
      store = (given) => this.repo.create(given),
      ...options
    }: CreateEntityOptions<Entity, PartialEntity> = {},
  ): Promise<Result<Entity, Error>> {
    const context = this.toHookContext(options);
    const before = await this.hooks.beforeCreate(data, context);
    if (before.isErr()) return err(toRefused(before.error));
    const stored = await store(before.value);
    if (stored.isErr()) return err(stored.error);
    const after = await this.hooks.afterCreate(stored.value, context);
    return after.map(() => stored.value).mapErr(this.toDone('create', stored.value));
  }

  private toDone(event: TriggerEvent, entity: Entity) {
    const resource = this.hooked?.resource ?? '';
    return (cause: Error): AfterWriteError<Entity> => new AfterWriteError({ event, resource, entity, cause });
  }

  private toHookContext({ correlationId = CorrelationId(), userId }: WriteOptions): HookContext {
    return {
      resource: this.hooked?.resource ?? '',
      correlationId,
      ...(userId === undefined ? {} : { userId }),
    };
  }
}

/** A hook that broke has refused nothing. */
const toRefused = (error: Error): Error =>
  error instanceof HookError ? error : new WriteRefusedError(error);
