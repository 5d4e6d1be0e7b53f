/**
 * Takes docs/images/board.png. Run by hand, when the board looks different, with chromium on /usr/bin/chromium:
 *
 *     bun packages/backend/src/http/screenshot.script.ts
 */
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { openBrowser } from './__fixtures__/Browser';
import { createRunningApp, type RunningApp, until } from './__fixtures__/RunningApp';
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

const fillBoard = async ({ scheduler }: RunningApp): Promise<void> => {
  for (const [index, name] of PEOPLE.entries()) {
    const userId = UserId();
    const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
    const request = CorrelationId();
    await scheduler.schedule(request, welcomeTask, { userId, email, name }, { userId });
    await scheduler.schedule(
      request,
      sendEmailTask,
      { to: email, subject: `Receipt ${2041 + index}`, template: 'receipt' },
      { userId, metadata: { order: 2041 + index } },
    );
    await scheduler.schedule(request, chargeCardTask, {
      invoice: `INV-${2041 + index}`,
      amountCents: 4900,
      currency: 'EUR',
    });
  }
  await scheduler.schedule(CorrelationId(), chargeCardTask, {
    invoice: 'INV-2047-declined',
    amountCents: 12900,
    currency: 'EUR',
  });
  await scheduler.schedule(CorrelationId(), sendEmailTask, {
    to: 'info@bounce.example',
    subject: 'Receipt 2047',
    template: 'receipt',
  });
  await scheduler.schedule(CorrelationId(), sendEmailTask, {
    to: 'sales@busy.example',
    subject: 'Receipt 2048',
    template: 'receipt',
  });
  await scheduler.schedule(
    CorrelationId(),
    weeklyDigestTask,
    { week: '2026-W48', recipients: 5120 },
    { delayMs: 36 * HOUR_MS },
  );
  await scheduler.schedule(CorrelationId(), generateReportTask, {
    report: 'revenue',
    from: '2026-11-01',
    to: '2026-11-30',
  });
  await scheduler.schedule(
    CorrelationId(),
    generateReportTask,
    { report: 'churn', from: '2026-11-01', to: '2026-11-30' },
    { delayMs: HOUR_MS },
  );
  await scheduler.schedule(CorrelationId(), exportDataTask, { userId: UserId(), format: 'csv' });
};

const main = async (): Promise<void> => {
  await using redis = (
    await startLocalRedis({ appendOnly: false, dataDir: '.data/screenshot' })
  )._unsafeUnwrap();
  await using running = createRunningApp({ redisUrl: redis.url, tasks: sampleTasks });
  await running.startWorker();
  await fillBoard(running);
  await until(async () => {
    const depths = await Promise.all(
      sampleTasks.map((task) => running.inspector.getQueueDepth(task.queueName)),
    );
    return depths.every((depth) =>
      depth.map(({ pending, running: active }) => pending + active === 0).unwrapOr(false),
    );
  });
  const server = serveHttp({ app: running.app, host: '127.0.0.1', port: 0, logger: silentLogger });
  await using browser = await openBrowser();
  for (const [path, file] of JSON.parse(process.env['SHOTS'] ?? '[]')) {
    const page = await browser.newPage();
    page.on('console', (m) => console.log(path, m.type(), m.text()));
    page.on('requestfailed', (r) => console.log('failed', r.url(), r.failure()?.errorText));
    await page.goto(`${server.url}${path}`);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: file });
    if (process.env['DUMP']) console.log(await page.evaluate('document.body.innerText'));
  }
  await server.stop();
};

await main();
