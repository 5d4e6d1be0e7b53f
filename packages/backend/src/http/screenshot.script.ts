/**
 * Takes docs/images/board.png. Run by hand, when the board looks different, with chromium on /usr/bin/chromium:
 *
 *     bun packages/backend/src/http/screenshot.script.ts
 */
import { fileURLToPath } from 'node:url';
import { until } from '@backend/__fixtures__/until';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { openBrowser } from './__fixtures__/Browser';
import { createRunningApp, type RunningApp } from './__fixtures__/RunningApp';
import {
  chargeCardTask,
  exportDataTask,
  generateReportTask,
  sampleTasks,
  sendEmailTask,
  weeklyDigestTask,
  welcomeTask,
} from './__fixtures__/sampleTasks';
import { serveHttp } from './serve';

const IMAGE_PATH = fileURLToPath(new URL('../../../../docs/images/board.png', import.meta.url));

const PEOPLE = [
  'Ada Lovelace',
  'Grace Hopper',
  'Alan Turing',
  'Katherine Johnson',
  'Edsger Dijkstra',
  'Barbara Liskov',
];

const HOUR_MS = 60 * 60 * 1000;

const plus = (hours: number) => ({ delayMs: hours * HOUR_MS });

const signUp = async ({ scheduler }: RunningApp, name: string, order: number): Promise<void> => {
  const [request, userId] = [CorrelationId(), UserId()];
  const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
  const receipt = { to: email, subject: `Receipt ${order}`, template: 'receipt' };
  const charge = { invoice: `INV-${order}`, amountCents: 4900, currency: 'EUR' };
  await scheduler.schedule(request, welcomeTask, { userId, email, name }, { userId });
  await scheduler.schedule(request, chargeCardTask, charge, { userId });
  await scheduler.schedule(request, sendEmailTask, receipt, { userId, metadata: { order } });
};

const scheduleRest = async ({ scheduler }: RunningApp): Promise<void> => {
  const month = { from: '2026-11-01', to: '2026-11-30' };
  const declined = { invoice: 'INV-2047-declined', amountCents: 12_900, currency: 'EUR' };
  const bounced = { to: 'info@bounce.example', subject: 'Receipt 2047', template: 'receipt' };
  const greylisted = { to: 'sales@busy.example', subject: 'Receipt 2048', template: 'receipt' };
  const digest = { week: '2026-W48', recipients: 5120 };
  await scheduler.schedule(CorrelationId(), chargeCardTask, declined);
  await scheduler.schedule(CorrelationId(), sendEmailTask, bounced);
  await scheduler.schedule(CorrelationId(), sendEmailTask, greylisted);
  await scheduler.schedule(CorrelationId(), weeklyDigestTask, digest, plus(36));
  await scheduler.schedule(CorrelationId(), generateReportTask, { report: 'revenue', ...month });
  await scheduler.schedule(CorrelationId(), generateReportTask, { report: 'churn', ...month }, plus(1));
  await scheduler.schedule(CorrelationId(), exportDataTask, { userId: UserId(), format: 'csv' });
};

const fillBoard = async (running: RunningApp): Promise<void> => {
  for (const [index, name] of PEOPLE.entries()) await signUp(running, name, 2041 + index);
  await scheduleRest(running);
};

/** Everything that can run has run: what is left waits for its time. */
const isQuiet = async ({ inspector }: RunningApp): Promise<boolean> => {
  const depths = await Promise.all(sampleTasks.map((task) => inspector.getQueueDepth(task.queueName)));
  return depths.every((depth) =>
    depth.map(({ pending, running }) => pending + running === 0).unwrapOr(false),
  );
};

const takePicture = async (url: string): Promise<void> => {
  await using browser = await openBrowser();
  // 1280 x 800 pixels that show what fits into 1600 x 1000.
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, deviceScaleFactor: 0.8 });
  await page.goto(url);
  await page.getByRole('heading', { name: 'emails:send · ' }).first().waitFor();
  await page.screenshot({ path: IMAGE_PATH, animations: 'disabled' });
};

const main = async (): Promise<void> => {
  await using redis = (
    await startLocalRedis({ appendOnly: false, dataDir: '.data/screenshot' })
  )._unsafeUnwrap();
  await using running = createRunningApp({ redisUrl: redis.url, tasks: sampleTasks });
  await running.startWorker();
  await fillBoard(running);
  await until(() => isQuiet(running));
  const server = serveHttp({ app: running.app, host: '127.0.0.1', port: 0, logger: silentLogger });
  await takePicture(`${server.url}/board/queue/${encodeURIComponent('{emails.send}')}`);
  await server.stop();
  console.log(`The board's picture is in ${IMAGE_PATH}`);
};

await main();
