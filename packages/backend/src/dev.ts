import { join } from 'node:path';
import { mailDirectory } from './mail/createMailer';
import { startLocalSmtpServer } from './mail/smtp/LocalSmtpServer';
import { keepLocalRedis } from './process/keepLocalRedis';
import { findProcessRedis } from './process/processRedis';
import { watchSources } from './process/SourceWatch';
import { stopOnRequest } from './process/StopRequest';
import { superviseProcess } from './process/SupervisedProcess';
import { exitWithMessage, startProcess } from './process/startProcess';
import { prepareDataFolder } from './redis/local/DataFolder';
import { TASKS_DISABLED_MESSAGE } from './tasks/queue/TasksDisabledError';

const PROGRAMS = ['api', 'worker'] as const;

type Program = (typeof PROGRAMS)[number];

const isProgram = (name: string): name is Program => (PROGRAMS as readonly string[]).includes(name);

const readPrograms = (names: readonly string[]): readonly Program[] => {
  const unknown = names.find((name) => !isProgram(name));
  if (unknown !== undefined)
    exitWithMessage(`expected ${PROGRAMS.join(' or ')}, got ${JSON.stringify(unknown)}`);
  return names.length === 0 ? PROGRAMS : names.filter(isProgram);
};

const namedPrograms = readPrograms(process.argv.slice(2));
const { appConfig: givenConfig, logger } = startProcess('dev');
// Without tasks a worker would leave at once, and nobody needs Redis.
const programs = namedPrograms.filter((name) => givenConfig.tasksEnabled || name !== 'worker');
if (!givenConfig.tasksEnabled) logger.info(TASKS_DISABLED_MESSAGE);
const dataFolder = await prepareDataFolder(givenConfig.dataDir);
if (dataFolder.isErr()) exitWithMessage(dataFolder.error.message);
const redis = givenConfig.tasksEnabled
  ? await findProcessRedis(givenConfig, (line) => logger.info(line))
  : undefined;
const appConfig = redis?.appConfig ?? givenConfig;
const localPort = redis?.localPort;
const keptRedis =
  localPort === undefined
    ? undefined
    : keepLocalRedis({ port: localPort, dataDir: appConfig.dataDir, logger, onFailed: exitWithMessage });
const directory = mailDirectory(appConfig);
const mail = appConfig.smtpUrl === undefined ? await startLocalSmtpServer({ directory, logger }) : undefined;
if (mail !== undefined) logger.info('Mail is caught and written as .eml files', { url: mail.url, directory });

const children = programs.map((name) =>
  superviseProcess({
    name,
    command: [process.execPath, '--no-install', join(import.meta.dir, `${name}.ts`)],
    env: { REDIS_URL: appConfig.redisUrl, SMTP_URL: appConfig.smtpUrl ?? mail?.url },
    logger,
    stopTimeoutMs: appConfig.workerDrainTimeoutMs + 5000,
  }),
);

const watch = watchSources({
  folders: [import.meta.dir, join(import.meta.dir, '../../core/src')],
  onChange: (path) => {
    logger.info('A source file changed; restarting', { path });
    for (const child of children) void child.restart();
  },
});

stopOnRequest({
  logger,
  stop: async () => {
    watch.close();
    await Promise.all(children.map((child) => child.stop()));
    await mail?.stop();
    await keptRedis?.stop();
    await redis?.stop();
  },
});
