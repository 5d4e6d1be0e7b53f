import { getAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { createTaskInspector, createTaskScheduler } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

// #region script
const appConfig = getAppConfig();
const logger = createLogger({ level: appConfig.logLevel, format: 'json' });
const scheduler = createTaskScheduler({ logger, appConfig });

for (const noteId of ['n1', 'n2', 'n3']) {
  const scheduled = await scheduler.schedule(CorrelationId(), indexNoteTask, { noteId, text: 'hello' });
  if (scheduled.isErr()) throw scheduled.error;
}
// Nothing to close: an idle scheduler does not keep a process alive.
// #endregion

const inspector = createTaskInspector({ tasks: [indexNoteTask], logger, appConfig });
const depth = await inspector.getQueueDepth('notes:index');
console.log(depth.map(({ pending }) => `${pending} tasks wait for a worker`).unwrapOr('unknown'));
