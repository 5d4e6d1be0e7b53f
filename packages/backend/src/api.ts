import 'reflect-metadata';
import { createContainer } from './container';
import { settleWithin } from './deadline/settleWithin';
import { API_STOP_TIMES } from './deadline/stopTimes';
import { createHttpApp } from './http/createHttpApp';
import { type HttpServer, serveHttp } from './http/serve';
import { findProcessRedis } from './process/processRedis';
import { stopOnRequest } from './process/StopRequest';
import { exitWithMessage, startProcess } from './process/startProcess';
import { closeSharedConnections } from './redis/sharedRedis';
import { UsersService } from './services/users/UsersService';
import { startLedgerDuties } from './tasks/ledger/LedgerDuties';
import { closeSharedLedgers } from './tasks/ledger/sharedTaskLedger';
import { TASKS_DISABLED_MESSAGE } from './tasks/queue/TasksDisabledError';
import { tasks } from './tasks/tasks.config';

const { appConfig: givenConfig, logger } = startProcess('api');
const redis = givenConfig.tasksEnabled
  ? await findProcessRedis(givenConfig, (line) => logger.info(line))
  : undefined;
const appConfig = redis?.appConfig ?? givenConfig;
const users = createContainer({ appConfig, logger }).resolve(UsersService);

const serve = (): HttpServer => {
  try {
    const app = createHttpApp({ tasks, appConfig, logger, users });
    const { host, port } = appConfig;
    return serveHttp({ app, host, port, logger, stopDeadlineMs: API_STOP_TIMES.requestsMs });
  } catch (error) {
    return exitWithMessage(error instanceof Error ? error.message : String(error));
  }
};

const server = serve();
const duties = redis === undefined ? undefined : startLedgerDuties({ appConfig, logger });
if (redis === undefined) logger.info(TASKS_DISABLED_MESSAGE);
else logger.info('The board shows every queue', { url: `${server.url}/board` });
stopOnRequest({
  logger,
  stop: async () => {
    const startedAtMs = performance.now();
    const whatIsLeft = (ms: number): number => Math.max(0, startedAtMs + ms - performance.now());
    await server.stop();
    // A locked database keeps them waiting; what they leave undone another process does.
    if (duties !== undefined) await settleWithin(duties.stop(), whatIsLeft(API_STOP_TIMES.dutiesMs));
    closeSharedConnections();
    await closeSharedLedgers({ patienceMs: whatIsLeft(API_STOP_TIMES.processMs) });
    await redis?.stop();
  },
});
