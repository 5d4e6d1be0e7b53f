import { ConflictError } from '@core/errors/ConflictError';
import { NotFoundError } from '@core/errors/NotFoundError';
import { err, ok, type Result } from 'neverthrow';
import { applyChanges, type EntityChanges, type NewEntity, type Repository } from './Repository';

/** A field that no two entities may share. */
export interface UniqueField<Entity> {
  /** For the error. */
  readonly name: string;
  /** What is compared, such as an email in lower case. */
  readonly keyOf: (entity: Entity) => string;
}

/** What an in-memory repository keeps. */
export interface InMemoryRepositoryOptions<Entity, PartialEntity> {
  /** For errors: `user`. */
  readonly entityName: string;
  /** Completes a new entity: its id, when it was created. */
  readonly toEntity: (data: PartialEntity) => Entity;
  /** Besides the id. Default: none. */
  readonly uniqueFields?: readonly UniqueField<Entity>[];
}

/** Creates an empty repository that lives as long as the object: for tests, examples and the demo. */
export const createInMemoryRepository = <
  Id,
  Entity extends { readonly id: Id },
  PartialEntity = NewEntity<Entity>,
>({
  entityName,
  toEntity,
  uniqueFields = [],
}: InMemoryRepositoryOptions<Entity, PartialEntity>): Repository<Id, Entity, PartialEntity> => {
  const entities = new Map<Id, Entity>();
  const toConflict = (field: string) =>
    new ConflictError(`a ${entityName} with this ${field} exists already`);
  const find = (id: Id): Result<Entity, NotFoundError> => {
    const entity = entities.get(id);
    return entity === undefined ? err(new NotFoundError(`no ${entityName} has the id ${id}`)) : ok(entity);
  };
  const store = (entity: Entity): Result<Entity, ConflictError> => {
    const taken = findTakenField(entity, [...entities.values()], uniqueFields);
    if (taken !== undefined) return err(toConflict(taken));
    entities.set(entity.id, entity);
    return ok(entity);
  };
  return {
    create: async (data: PartialEntity) => {
      const entity = toEntity(data);
      return entities.has(entity.id) ? err(toConflict('id')) : store(entity);
    },
    get: async (id: Id) => find(id),
    update: async (id: Id, changes: EntityChanges<Entity>) =>
      find(id).andThen((entity) => store(applyChanges(entity, changes))),
    delete: async (id: Id) =>
      find(id)
        .andTee(() => entities.delete(id))
        .map(() => undefined),
    list: async () => ok([...entities.values()]),
  };
};

const findTakenField = <Entity extends { readonly id: unknown }>(
  entity: Entity,
  entities: readonly Entity[],
  uniqueFields: readonly UniqueField<Entity>[],
): string | undefined => {
  const others = entities.filter(({ id }) => id !== entity.id);
  return uniqueFields.find(({ keyOf }) => others.some((other) => keyOf(other) === keyOf(entity)))?.name;
};
