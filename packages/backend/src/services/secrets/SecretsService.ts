import 'reflect-metadata';
import {
  isExpired,
  type PartialSecret,
  partialSecretSchema,
  type Secret,
  type SecretId,
} from '@core/domain/secret/secret';
import { NotFoundError } from '@core/errors/NotFoundError';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import { inject, injectable } from 'tsyringe';
import { type EntityChanges } from '../shared/Repository';
import { type ServiceContext } from '../shared/ServiceContext';
import { SharedService } from '../shared/SharedService';
import { tokens } from '../tokens';
import { type SecretsRepository } from './secretsRepository';

const secretChangesSchema = partialSecretSchema.omit({ id: true }).partial();

/** Keeps secrets until they expire. */
@injectable()
export class SecretsService extends SharedService<SecretId, Secret> {
  constructor(
    @inject(tokens.secretsRepository) repo: SecretsRepository,
    @inject(tokens.serviceContext) context: ServiceContext,
  ) {
    super(repo, context);
  }

  /** Stores a secret. Errors: `ValidationError`, `ConflictError`, `StorageError`. */
  async create(data: PartialSecret): Promise<Result<Secret, Error>> {
    const valid = validate(partialSecretSchema, data);
    return valid.isErr() ? err(valid.error) : this.repo.create(valid.value);
  }

  /** Changes owner, name or expiry. Errors: `ValidationError` and those of `SharedService.update`. */
  override async update(id: SecretId, changes: EntityChanges<Secret>): Promise<Result<Secret, Error>> {
    const valid = validate(secretChangesSchema, changes);
    return valid.isErr() ? err(valid.error) : super.update(id, valid.value);
  }

  /**
   * Deletes every secret that has expired at `now`. Doing it twice, or in two processes at once, is harmless.
   *
   * @returns The ids that this call deleted. Error: `StorageError`; those deleted before it stay deleted.
   */
  async deleteExpired(now: Date): Promise<Result<readonly SecretId[], Error>> {
    const secrets = await this.repo.list();
    if (secrets.isErr()) return err(secrets.error);
    const deleted: SecretId[] = [];
    for (const { id } of secrets.value.filter((secret) => isExpired(secret, now))) {
      const removed = await this.repo.delete(id);
      if (removed.isOk()) deleted.push(id);
      else if (!(removed.error instanceof NotFoundError)) return err(removed.error);
    }
    return ok(deleted);
  }
}
