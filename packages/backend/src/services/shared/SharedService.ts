import { type Result } from 'neverthrow';
import { type EntityChanges, type NewEntity, type Repository } from './Repository';
import { type ServiceContext } from './ServiceContext';

/**
 * What services over one kind of entity share. A service extends it, says what creating means, and has `this.repo`
 * and `this.context` at hand:
 *
 * @example
 * class NotesService extends SharedService<NoteId, Note> {
 *   async create(data: NewEntity<Note>): Promise<Result<Note, Error>> {
 *     return this.repo.create(data);
 *   }
 * }
 */
export abstract class SharedService<Id, Entity, PartialEntity = NewEntity<Entity>> {
  protected readonly repo: Repository<Id, Entity, PartialEntity>;
  protected readonly context: ServiceContext;

  constructor(repo: Repository<Id, Entity, PartialEntity>, context: ServiceContext) {
    this.repo = repo;
    this.context = context;
  }

  /** Creates an entity. Each service checks, stores and schedules in its own way, so there is no default. */
  abstract create(data: PartialEntity): Promise<Result<Entity, Error>>;

  /** Answers one entity. Errors: `NotFoundError`, `StorageError`. */
  get(id: Id): Promise<Result<Entity, Error>> {
    return this.repo.get(id);
  }

  /**
   * Changes some fields of an entity and answers it as it is now. Errors: `NotFoundError`, `ConflictError`,
   * `StorageError`.
   */
  update(id: Id, changes: EntityChanges<Entity>): Promise<Result<Entity, Error>> {
    return this.repo.update(id, changes);
  }

  /** Removes an entity. Errors: `NotFoundError`, `StorageError`. */
  delete(id: Id): Promise<Result<void, Error>> {
    return this.repo.delete(id);
  }
}
