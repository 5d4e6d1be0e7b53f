import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { type EntityHooks } from '@backend/services/shared/ServiceHooks';
import { StorageError } from '@backend/services/shared/StorageError';
import { ScheduleError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { type Note, NotesService } from './NotesService';

describe('NotesService with hooks', () => {
  it('calls those around a create, with the request and the user', async () => {
    const seen: unknown[] = [];
    const repo = createInMemoryRepository<string, Note>({
      entityName: 'note',
      toEntity: ({ text }) => ({ id: 'n1', text }),
    });
    const scheduler = getMockedTaskScheduler();
    const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
    const context = { logger: getMockedLogger(), appConfig: () => appConfig, scheduler };
    const hooks: EntityHooks<string, Note> = {
      beforeCreate: (data) => ok({ ...data, text: data.text.trim() }),
      afterCreate: (...args) => ok(void seen.push(...args)),
    };
    const request = { correlationId: CorrelationId('request-2'), userId: UserId() };
    await new NotesService(repo, context, { resource: 'notes', hooks }).create({ text: ' hello ' }, request);

    expect(seen).toEqual([
      { id: 'n1', text: 'hello' },
      { resource: 'notes', ...request },
    ]);
    expect(scheduler.calls.map(({ payload }) => payload)).toEqual([{ noteId: 'n1', text: 'hello' }]);
  });
});

describe('NotesService over a storage that fails', () => {
  it('answers why a note is not indexed, and logs that it could not be deleted again', async () => {
    const error = new ScheduleError('Redis is down', { code: 'queue-unavailable' });
    const diskFull = new StorageError('the disk is full');
    const notes = createInMemoryRepository<string, Note>({
      entityName: 'note',
      toEntity: ({ text }) => ({ id: 'n1', text }),
    });
    const repo = { ...notes, delete: () => Promise.resolve(err(diskFull)) };
    const logger = getMockedLogger();
    const scheduler = getMockedTaskScheduler({ error });
    const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
    const service = new NotesService(repo, { logger, appConfig: () => appConfig, scheduler });
    const correlationId = CorrelationId('request-2');

    expect((await service.create({ text: 'hello' }, { correlationId }))._unsafeUnwrapErr()).toBe(error);
    expect(logger.error.mock.calls).toEqual([
      ['A note that is not indexed could not be deleted again', diskFull, { noteId: 'n1', correlationId }],
    ]);
  });
});
