import { type PartialUser, type User, UserId } from '@core/domain/user/user';
import { createInMemoryRepository } from '../shared/InMemoryRepository';
import { type Repository } from '../shared/Repository';

/** Keeps users; no two share an email, whatever its case. */
export type UsersRepository = Repository<UserId, User>;

/** Creates an empty repository of users in memory. */
export const createUsersRepository = ({
  now = () => new Date(),
}: {
  /** Default: the clock. */
  readonly now?: () => Date;
} = {}): UsersRepository =>
  createInMemoryRepository<UserId, User>({
    entityName: 'user',
    toEntity: ({ id, email, name }: PartialUser) => ({ id: id ?? UserId(), email, name, createdAt: now() }),
    uniqueFields: [{ name: 'email', keyOf: ({ email }) => email.toLowerCase() }],
  });
