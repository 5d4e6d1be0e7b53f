// #region test
import { expect, it } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { createTaskInspector, createTaskScheduler, createTaskWorker } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

it('indexes a note that was scheduled', async () => {
  await using cleanUp = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'drover-example-'));
  cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
  const redis = cleanUp.use((await startLocalRedis({ appendOnly: false, dataDir }))._unsafeUnwrap());
  cleanUp.defer(() => closeSharedConnections());

  const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: redis.url })._unsafeUnwrap();
  const parts = { tasks: [indexNoteTask], logger: silentLogger, appConfig };
  const worker = createTaskWorker(parts);
  cleanUp.defer(() => worker.stop());
  await worker.start();

  const payload = { noteId: 'n1', text: 'two words' };
  const { id } = (
    await createTaskScheduler(parts).schedule(CorrelationId(), indexNoteTask, payload)
  )._unsafeUnwrap();
  const inspector = createTaskInspector(parts);
  let task = (await inspector.getTask(id))._unsafeUnwrap();
  while (task.status !== 'completed' && task.status !== 'failed') {
    await Bun.sleep(10);
    task = (await inspector.getTask(id))._unsafeUnwrap();
  }
  expect(task).toMatchObject({ status: 'completed', attempt: 1, value: { wordCount: 2 } });
});
// #endregion
