// #region test
import { expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createTaskScheduler, createTaskWorker } from '@backend/tasks';
import { withLocalRedis } from '@backend/tasks/testing';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

it('indexes a note that was scheduled', async () => {
  const wordCount = await withLocalRedis(async ({ appConfig }) => {
    const parts = { tasks: [indexNoteTask], logger: silentLogger, appConfig };
    const worker = createTaskWorker(parts);
    try {
      await worker.start();
      const payload = { noteId: 'n1', text: 'two words' };
      const scheduled = await createTaskScheduler(parts).schedule(CorrelationId(), indexNoteTask, payload);
      const result = await scheduled._unsafeUnwrap().result();
      return result._unsafeUnwrap().wordCount;
    } finally {
      await worker.stop();
    }
  });

  expect(wordCount).toBe(2);
});
// #endregion
