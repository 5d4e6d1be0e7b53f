// #region test
import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { ScheduleError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type Note, NotesService } from './NotesService';

const setup = (error?: ScheduleError) => {
  const repo = createInMemoryRepository<string, Note>({
    entityName: 'note',
    toEntity: ({ text }) => ({ id: 'n1', text }),
  });
  const scheduler = getMockedTaskScheduler(error === undefined ? {} : { error });
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const service = new NotesService(repo, {
    logger: getMockedLogger(),
    appConfig: () => appConfig,
    scheduler,
  });
  return { repo, scheduler, service };
};

describe('NotesService', () => {
  it('schedules the indexing with the correlation ID of the request', async () => {
    const { service, scheduler } = setup();
    const correlationId = CorrelationId('request-1');
    await service.create({ text: 'hello' }, { correlationId });
    expect(scheduler.calls).toEqual([
      { correlationId, taskName: 'notes:index', payload: { noteId: 'n1', text: 'hello' }, options: {} },
    ]);
  });

  it('keeps no note that cannot be indexed', async () => {
    const redisDown = new ScheduleError('Redis is down', { code: 'queue-unavailable' });
    const { service, repo } = setup(redisDown);
    expect((await service.create({ text: 'hello' }))._unsafeUnwrapErr()).toBe(redisDown);
    expect((await repo.list())._unsafeUnwrap()).toEqual([]);
  });
});
// #endregion
