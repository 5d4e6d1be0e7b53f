import { getAppConfig } from '@backend/config/AppConfig';
import { createContainer } from '@backend/container';
import { createLogger } from '@backend/logger/Logger';
import { tokens } from '@backend/services/tokens';
import { UsersService } from '@backend/services/users/UsersService';
import { type TaskScheduler } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

const appConfig = getAppConfig();
const logger = createLogger({ level: appConfig.logLevel, format: 'json' });

// #region resolve
const container = createContainer({ appConfig, logger });
const users = container.resolve(UsersService);
const signedUp = await users.create(
  { email: 'ada@example.test', name: 'Ada' },
  { correlationId: CorrelationId('request-18') },
);
// #endregion

// #region scheduler
const scheduler = container.resolve<TaskScheduler>(tokens.scheduler);
const scheduled = await scheduler.schedule(CorrelationId('request-19'), indexNoteTask, {
  noteId: 'n1',
  text: 'remember the milk',
});
// #endregion

// #region conflict
const again = await users.create({ email: 'ADA@example.test', name: 'Another Ada' });
if (again.isErr()) console.log(again.error.name, again.error.message);
// #endregion
console.log(signedUp.map(({ name }) => name).unwrapOr('refused'));
console.log(scheduled.map(({ taskName }) => taskName).unwrapOr('refused'));
