import 'reflect-metadata';
import { CorrelationId } from '@core/domain/CorrelationId';
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
import { AfterWriteError } from '../shared/AfterWriteError';
import { type EntityChanges } from '../shared/Repository';
import { type ServiceContext } from '../shared/ServiceContext';
import { type EntityHooks } from '../shared/ServiceHooks';
import { SharedService } from '../shared/SharedService';
import { StorageError } from '../shared/StorageError';
import { type WriteOptions } from '../shared/WriteOptions';
import { tokens } from '../tokens';
import { type SecretsRepository } from './secretsRepository';

const secretChangesSchema = partialSecretSchema.omit({ id: true }).partial();

/** Keeps secrets until they expire. */
@injectable()
export class SecretsService extends SharedService<SecretId, Secret> {
  constructor(
    @inject(tokens.secretsRepository) repo: SecretsRepository,
    @inject(tokens.serviceContext) context: ServiceContext,
    @inject(tokens.secretsHooks, { isOptional: true }) hooks?: EntityHooks<SecretId, Secret>,
  ) {
    super(repo, context, hooks === undefined ? undefined : { resource: 'secrets', hooks });
  }

  /** Stores a secret. Errors: `ValidationError`, `ConflictError`, `StorageError`, and those of the hooks. */
  async create(data: PartialSecret, options: WriteOptions = {}): Promise<Result<Secret, Error>> {
    const valid = validate(partialSecretSchema, data);
    return valid.isErr() ? err(valid.error) : this.createEntity(valid.value, options);
  }

  /** Changes owner, name or expiry. Errors: `ValidationError` and those of `SharedService.update`. */
  override async update(
    id: SecretId,
    changes: EntityChanges<Secret>,
    options: WriteOptions = {},
  ): Promise<Result<Secret, Error>> {
    const valid = validate(secretChangesSchema, changes);
    return valid.isErr() ? err(valid.error) : super.update(id, valid.value, options);
  }

  /**
   * Deletes every secret that has expired at `now`. Doing it twice, or in two processes at once, is harmless. Where a hook
   * refuses or fails it says so in the log, and goes on: one secret that must stay does not keep the others.
   *
   * @returns The ids that this call deleted. Error: `StorageError`; those deleted before it stay deleted.
   */
  async deleteExpired(
    now: Date,
    { correlationId = CorrelationId(), userId }: WriteOptions = {},
  ): Promise<Result<readonly SecretId[], Error>> {
    const secrets = await this.repo.list();
    if (secrets.isErr()) return err(secrets.error);
    const deleted: SecretId[] = [];
    for (const { id } of secrets.value.filter((secret) => isExpired(secret, now))) {
      const removed = await this.delete(id, { correlationId, userId });
      const error = removed.isErr() ? removed.error : undefined;
      if (error instanceof StorageError) return err(error);
      if (error === undefined || error instanceof AfterWriteError) deleted.push(id);
      if (error !== undefined) this.logDisturbance(error, { secretId: id, correlationId });
    }
    return ok(deleted);
  }

  private logDisturbance(error: Error, facts: Readonly<Record<string, unknown>>): void {
    if (error instanceof NotFoundError) return; // another process was quicker
    const message =
      error instanceof AfterWriteError
        ? 'An expired secret is deleted, but a hook after it failed'
        : 'An expired secret stays: a hook did not let it be deleted';
    this.context.logger.error(message, error, facts);
  }
}
