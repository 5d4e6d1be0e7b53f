import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { StorageError } from '@backend/services/shared/StorageError';
import { ScheduleError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err } from 'neverthrow';
import { type Note, NotesService } from './NotesService';

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
