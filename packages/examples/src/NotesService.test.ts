// #region test
import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { createTestScheduler, testConfig } from '@backend/tasks/testing';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';
import { type Note, NotesService } from './NotesService';

const setup = () => {
  const repo = createInMemoryRepository<string, Note>({
    entityName: 'note',
    toEntity: ({ text }) => ({ id: 'n1', text }),
  });
  const scheduler = createTestScheduler();
  const context = { logger: silentLogger, appConfig: () => testConfig(), scheduler };
  return { repo, scheduler, service: new NotesService(repo, context) };
};

describe('NotesService', () => {
  it('has a new note indexed, with the correlation ID of the request', async () => {
    const { service, scheduler } = setup();
    const correlationId = CorrelationId('request-1');
    await service.create({ text: 'hello world' }, { correlationId });
    const scheduled = scheduler.expectScheduled(indexNoteTask, { noteId: 'n1' });
    await scheduler.drain();

    expect(scheduled.correlationId).toBe(correlationId);
    expect(scheduler.getTask(scheduled.id)).toMatchObject({ status: 'completed', value: { wordCount: 2 } });
  });

  it('has a note without words indexed in vain, once', async () => {
    const { service, scheduler } = setup();
    await service.create({ text: ' ' });
    await scheduler.drain();

    expect(scheduler.listTasks()).toMatchObject([{ status: 'failed', attempt: 1, error: { code: 'fatal' } }]);
  });

  it('keeps no note that cannot be indexed', async () => {
    const { service, repo, scheduler } = setup();
    scheduler.failNext();

    expect((await service.create({ text: 'hello' }))._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
    });
    expect((await repo.list())._unsafeUnwrap()).toEqual([]);
    scheduler.expectNothingScheduled();
  });
});
// #endregion
