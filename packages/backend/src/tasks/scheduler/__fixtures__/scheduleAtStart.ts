import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { recordTask } from '../../worker/__fixtures__/fixtureTasks';
import { createTaskScheduler } from '../TaskScheduler';

/** Prints `ready`, schedules a task under the key of its first argument when its input ends, and prints the handle. */
const [, , idempotencyKey = ''] = process.argv;
const scheduler = createTaskScheduler({ logger: silentLogger, appConfig: getAppConfig() });
console.log('ready');
await Bun.stdin.text();
const handle = await scheduler.schedule(CorrelationId(), recordTask, { n: 1, ms: 0 }, { idempotencyKey });
const { id, disposition } = handle._unsafeUnwrap();
console.log(JSON.stringify({ id, disposition }));
process.exit(0);
