import { type ConflictError } from '@core/errors/ConflictError';
import { type NotFoundError } from '@core/errors/NotFoundError';
import { type Result } from 'neverthrow';
import { type StorageError } from './StorageError';

/**
 * What creating an entity takes unless a repository says otherwise: everything but `createdAt`; the id is made when it
 * is left out. `NewEntity<User>` is `PartialUser`.
 */
export type NewEntity<Entity> = Omit<Entity, 'id' | 'createdAt'> &
  (Entity extends { readonly id: infer Id } ? { readonly id?: Id | undefined } : unknown);

/** What may be changed of an entity later; fields that are left out or undefined stay as they are. */
export type EntityChanges<Entity> = {
  readonly [Field in Exclude<keyof Entity, 'id' | 'createdAt'>]?: Entity[Field] | undefined;
};

/** Keeps the entities of one kind. No method rejects. */
export interface Repository<Id, Entity, PartialEntity = NewEntity<Entity>> {
  /** Stores a new entity. `ConflictError` when its id or another unique field is taken. */
  create(data: PartialEntity): Promise<Result<Entity, ConflictError | StorageError>>;
  get(id: Id): Promise<Result<Entity, NotFoundError | StorageError>>;
  /** Changes some fields and answers the entity as it is now. `ConflictError` when a unique field is taken. */
  update(
    id: Id,
    changes: EntityChanges<Entity>,
  ): Promise<Result<Entity, NotFoundError | ConflictError | StorageError>>;
  delete(id: Id): Promise<Result<void, NotFoundError | StorageError>>;
  /** Answers all it holds, in no particular order. */
  list(): Promise<Result<readonly Entity[], StorageError>>;
}

/** Applies changes to an entity: undefined fields are left out, `id` and `createdAt` stay. */
export const applyChanges = <Entity extends object>(
  entity: Entity,
  changes: EntityChanges<Entity>,
): Entity => {
  const given = Object.entries(changes).filter(
    ([field, value]) => value !== undefined && field !== 'id' && field !== 'createdAt',
  );
  return { ...entity, ...Object.fromEntries(given) };
};
