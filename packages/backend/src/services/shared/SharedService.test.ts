import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { type PartialUser, type User, UserId } from '@core/domain/user/user';
import { type Result } from 'neverthrow';
import { createUsersRepository } from '../users/usersRepository';
import { SharedService } from './SharedService';

// As a user writes it: no third type argument, no constructor, no `override`.
class GuestsService extends SharedService<UserId, User> {
  async create(data: PartialUser): Promise<Result<User, Error>> {
    this.context.logger.info('Creating a guest', { queuePrefix: this.context.appConfig().queuePrefix });
    return this.repo.create(data);
  }
}

const setup = () => {
  const logger = getMockedLogger();
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const service = new GuestsService(createUsersRepository(), { logger, appConfig: () => appConfig });
  return { logger, service };
};

describe('SharedService', () => {
  it('gives a service its repository, its logger and its configuration', async () => {
    const { logger, service } = setup();
    const user = (await service.create({ email: 'ada@example.test', name: 'Ada' }))._unsafeUnwrap();
    expect((await service.get(user.id))._unsafeUnwrap()).toEqual(user);
    expect(logger.info).toHaveBeenCalledWith('Creating a guest', { queuePrefix: 'drover' });
  });

  it('gets, updates and deletes', async () => {
    const { service } = setup();
    const user = (await service.create({ email: 'ada@example.test', name: 'Ada' }))._unsafeUnwrap();
    const changed = { ...user, name: 'Countess Ada' };
    expect((await service.update(user.id, { name: 'Countess Ada' }))._unsafeUnwrap()).toEqual(changed);
    expect((await service.get(user.id))._unsafeUnwrap()).toEqual(changed);
    expect((await service.delete(user.id)).isOk()).toBe(true);
    expect((await service.get(user.id))._unsafeUnwrapErr().name).toBe('NotFoundError');
  });
});
