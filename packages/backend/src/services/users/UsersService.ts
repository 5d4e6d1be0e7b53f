import 'reflect-metadata';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type PartialUser, partialUserSchema, type User, type UserId } from '@core/domain/user/user';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import { inject, injectable } from 'tsyringe';
import { type EntityChanges } from '../shared/Repository';
import { type ServiceContext, schedulerOf } from '../shared/ServiceContext';
import { type EntityHooks } from '../shared/ServiceHooks';
import { SharedService } from '../shared/SharedService';
import { type WriteOptions } from '../shared/WriteOptions';
import { tokens } from '../tokens';
import { sendWelcomeEmailTask } from './tasks/sendWelcomeEmailTask';
import { type UsersRepository } from './usersRepository';

const userChangesSchema = partialUserSchema.omit({ id: true }).partial();

/** Signs users up and keeps them. */
@injectable()
export class UsersService extends SharedService<UserId, User> {
  constructor(
    @inject(tokens.usersRepository) repo: UsersRepository,
    @inject(tokens.serviceContext) context: ServiceContext,
    @inject(tokens.usersHooks, { isOptional: true }) hooks?: EntityHooks<UserId, User>,
  ) {
    super(repo, context, hooks === undefined ? undefined : { resource: 'users', hooks });
  }

  /**
   * Stores a user and schedules the welcome mail.
   *
   * When the mail cannot be scheduled the user is deleted again, since otherwise the mail would never come, and the
   * caller may try again. That leaves two gaps: a process that dies between the two steps, and a lost receipt
   * (`metadata.isUnknown`), after which a mail may reach somebody without an account. Users in the ledger's database would
   * have neither: there storing and scheduling are one transaction, with the scheduler's `within(tx)`.
   *
   * Where `TASKS_ENABLED` is false the user is kept without a mail, and the log says so: somebody wanted it so.
   *
   * @param options The correlation ID is on every log line of the welcome task too.
   * @returns The user. Errors: `ValidationError`, `ConflictError` (the email is taken), `StorageError`, `ScheduleError`,
   *   and those of the hooks; after an `AfterWriteError` the user is there, and will be welcomed.
   */
  async create(
    data: PartialUser,
    { correlationId = CorrelationId(), userId }: WriteOptions = {},
  ): Promise<Result<User, Error>> {
    const valid = validate(partialUserSchema, data);
    if (valid.isErr()) return err(valid.error);
    return this.createEntity(valid.value, {
      correlationId,
      userId,
      store: (checked) => this.storeAndWelcome(checked, correlationId),
    });
  }

  /** Changes email or name. Errors: `ValidationError` and those of `SharedService.update`. */
  override async update(
    id: UserId,
    changes: EntityChanges<User>,
    options: WriteOptions = {},
  ): Promise<Result<User, Error>> {
    const valid = validate(userChangesSchema, changes);
    return valid.isErr() ? err(valid.error) : super.update(id, valid.value, options);
  }

  private async storeAndWelcome(
    data: PartialUser,
    correlationId: CorrelationId,
  ): Promise<Result<User, Error>> {
    const created = await this.repo.create(data);
    if (created.isErr()) return err(created.error);
    const user = created.value;
    const scheduled = await schedulerOf(this.context).schedule(
      correlationId,
      sendWelcomeEmailTask,
      { userId: user.id, email: user.email, name: user.name },
      { userId: user.id },
    );
    if (scheduled.isOk()) return ok(user);
    if (scheduled.error.code === 'tasks-disabled') return this.leaveUnwelcomed(user, correlationId);
    await this.removeUnwelcomed(user, correlationId);
    return err(scheduled.error);
  }

  private leaveUnwelcomed(user: User, correlationId: CorrelationId): Result<User, Error> {
    const facts = { userId: user.id, correlationId };
    this.context.logger.info('A user gets no welcome mail: TASKS_ENABLED is false', facts);
    return ok(user);
  }

  private async removeUnwelcomed({ id }: User, correlationId: CorrelationId): Promise<void> {
    const removed = await this.repo.delete(id);
    if (removed.isOk()) return;
    // The caller gets the scheduling error; this one has nowhere else to go.
    this.context.logger.error('A user without a welcome mail could not be deleted again', removed.error, {
      userId: id,
      correlationId,
    });
  }
}
