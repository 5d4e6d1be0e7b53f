import { ConflictError } from '@core/errors/ConflictError';
import { NotFoundError } from '@core/errors/NotFoundError';
import { err, ok, type Result } from 'neverthrow';
import { type EntityFolder, listEntities, readEntity, removeEntity, writeEntity } from './EntityFiles';
import { applyChanges, type EntityChanges, type NewEntity, type Repository } from './Repository';
import { type StorageError } from './StorageError';

/** What a file repository keeps, and where. */
export interface FileRepositoryOptions<Entity, PartialEntity> extends EntityFolder<Entity> {
  /** For errors: `secret`. */
  readonly entityName: string;
  /** Completes a new entity: its id, when it was created. */
  readonly toEntity: (data: PartialEntity) => Entity;
}

/**
 * Creates a repository of one JSON file for each entity, so that all processes of a machine see the same, without a
 * lock: a change of one entity never touches another. Two changes of the same one at the same time: the last wins.
 */
export const createFileRepository = <
  Id extends string,
  Entity extends { readonly id: Id },
  PartialEntity = NewEntity<Entity>,
>({
  entityName,
  toEntity,
  ...folder
}: FileRepositoryOptions<Entity, PartialEntity>): Repository<Id, Entity, PartialEntity> => {
  const toNotFound = (id: Id) => new NotFoundError(`no ${entityName} has the id ${id}`);
  const get = async (id: Id): Promise<Result<Entity, NotFoundError | StorageError>> =>
    (await readEntity(folder, id)).andThen((entity) =>
      entity === undefined ? err(toNotFound(id)) : ok(entity),
    );
  return {
    create: async (data: PartialEntity) => {
      const entity = toEntity(data);
      const existing = await readEntity(folder, entity.id);
      if (existing.isErr()) return err(existing.error);
      if (existing.value === undefined) return writeEntity(folder, entity);
      return err(new ConflictError(`a ${entityName} with this id exists already`));
    },
    get,
    update: async (id: Id, changes: EntityChanges<Entity>) => {
      const entity = await get(id);
      return entity.isErr() ? err(entity.error) : writeEntity(folder, applyChanges(entity.value, changes));
    },
    delete: async (id: Id) =>
      (await removeEntity(folder, id)).andThen((isRemoved) => (isRemoved ? ok() : err(toNotFound(id)))),
    list: () => listEntities(folder),
  };
};
