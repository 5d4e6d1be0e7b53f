import { parseAppConfig } from '@backend/config/AppConfig';
import { createContainer } from '@backend/container';
import { createLogger } from '@backend/logger/Logger';
import { UsersService } from '@backend/services/users/UsersService';
import { createTaskInspector, createTaskScheduler, createTaskWorker } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

const logger = createLogger({ level: 'silent', format: 'json' });

// #region off
// As if the process had been started with TASKS_ENABLED=false; nothing listens at that port.
const off = parseAppConfig({ TASKS_ENABLED: 'false', REDIS_URL: 'redis://127.0.0.1:1' });
if (off.isErr()) throw off.error;
const appConfig = off.value;

const scheduler = createTaskScheduler({ logger, appConfig });
const scheduled = await scheduler.schedule(CorrelationId(), indexNoteTask, { noteId: 'n1', text: 'hello' });
if (scheduled.isErr()) {
  console.log(scheduled.error.code);
  console.log(scheduled.error.message);
}
// #endregion

// #region app
const users = createContainer({ appConfig, logger }).resolve(UsersService);
const user = await users.create({ email: 'ada@example.test', name: 'Ada' });
console.log(user.isOk() ? `${user.value.name} is signed up, without a welcome mail` : 'refused');

const worker = createTaskWorker({ tasks: [indexNoteTask], logger, appConfig });
const started = await worker.start();
console.log(started.isOk(), worker.getStats().status); // takes nothing
await worker.stop();

const counted = await createTaskInspector({ tasks: [indexNoteTask], logger, appConfig }).getQueueDepth();
if (counted.isErr()) console.log(counted.error.code);
// #endregion
