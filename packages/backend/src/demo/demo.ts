import { join } from 'node:path';
import { getAppConfig } from '@backend/config/AppConfig';
import { createContainer } from '@backend/container';
import { createLogger } from '@backend/logger/Logger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { sendWelcomeEmailTask } from '@backend/services/users/tasks/sendWelcomeEmailTask';
import { UsersService } from '@backend/services/users/UsersService';
import { type TaskCounts } from '@backend/tasks/domain/TaskCounts';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { tasks } from '@backend/tasks/tasks.config';
import { deleteOldFolders } from './DemoFolders';
import { toDemoTable, toTraceText } from './DemoReport';
import { type DemoWorld, startDemoWorld } from './DemoWorld';
import { findMail } from './MailSearch';
import { demoUsersPath } from './readUsers';
import { type SignUps, signUpUsers } from './SignUps';
import { readWorkerLog, toAttemptFigures } from './WorkerLog';

/** The demo gives up when the tasks have not ended after so many milliseconds. */
const PATIENCE_MS = 120_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const showProgress = ({ completed, running, scheduled, pending, failed }: TaskCounts): void => {
  const line = `completed ${completed}, running ${running}, waiting ${pending}, to be retried ${scheduled}, dead ${failed}`;
  process.stdout.write(process.stdout.isTTY ? `\r${line}   ` : `${line}\n`);
};

/** Follows the queue until every accepted task has ended. */
const followTasks = async (world: DemoWorld, expectedCount: number): Promise<TaskCounts> => {
  const logger = createLogger({ level: 'warn', format: 'json' });
  const inspector = createTaskInspector({ tasks, logger, appConfig: world.appConfig });
  const endsAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const depth = await inspector.getQueueDepth(sendWelcomeEmailTask.queueName);
    if (depth.isErr()) throw depth.error;
    showProgress(depth.value);
    if (depth.value.completed + depth.value.failed >= expectedCount) return depth.value;
    if (performance.now() > endsAtMs) throw new Error(`the tasks did not end within ${PATIENCE_MS} ms`);
    await Bun.sleep(500);
  }
};

const showTrace = async ({ workerLogPath, mailFolder }: DemoWorld, { accepted }: SignUps): Promise<void> => {
  const followed = accepted.find(({ email }) => email.includes('+slow')) ?? accepted[0];
  if (followed === undefined) return;
  const { correlationId } = followed;
  const lines = (await readWorkerLog(workerLogPath)).filter((line) => line.correlationId === correlationId);
  say(toTraceText({ ...followed, lines, mail: await findMail(mailFolder, correlationId) }));
};

const keepRunning = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

const runDemo = async (): Promise<void> => {
  const appConfig = getAppConfig();
  const parent = join(appConfig.dataDir, 'demo');
  const folder = join(parent, `${new Date().toISOString().replaceAll(':', '')}-${process.pid}`);
  await using world = await startDemoWorld({ folder, redisUrl: appConfig.redisUrl, announce: say });
  await deleteOldFolders(parent);
  const logger = createLogger({ level: 'warn', format: 'json' });
  const users = createContainer({ appConfig: world.appConfig, logger }).resolve(UsersService);

  const signUps = await signUpUsers({ path: demoUsersPath, users });
  for (const reason of signUps.refused) say(`Refused: ${reason}`);
  const counts = await followTasks(world, signUps.accepted.length);
  const attempts = toAttemptFigures(await readWorkerLog(world.workerLogPath));

  say(`\n${toDemoTable({ signUps, counts, attempts })}`);
  await showTrace(world, signUps);
  say(`Mails:  ${world.mailFolder}/*.eml`);
  const { KEEP: keep } = process.env;
  say(`Board:  ${world.boardUrl}${keep ? '' : '  (make demo KEEP=1 keeps it running)'}`);
  if (keep) {
    say('Ctrl-C ends the demo.');
    await keepRunning();
  }
  closeSharedConnections();
};

await runDemo().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`the demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
