import { getAppConfig } from '@backend/config/AppConfig';
import { createContainer } from '@backend/container';
import { createLogger } from '@backend/logger/Logger';
import { UsersService } from '@backend/services/users/UsersService';
import { CorrelationId } from '@core/domain/CorrelationId';

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

// #region conflict
const again = await users.create({ email: 'ADA@example.test', name: 'Another Ada' });
if (again.isErr()) console.log(again.error.name, again.error.message);
// #endregion
console.log(signedUp.map(({ name }) => name).unwrapOr('refused'));
