import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { silentLogger } from '@backend/logger/silentLogger';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type Page } from 'playwright-core';
import { CHROMIUM_PATH, hasBrowser, openBrowser } from '../__fixtures__/Browser';
import { createRunningApp } from '../__fixtures__/RunningApp';
import { sampleTasks, sendEmailTask } from '../__fixtures__/sampleTasks';
import { serveHttp } from '../serve';

if (!hasBrowser()) console.log(`Skipped the board in a browser: there is no ${CHROMIUM_PATH}`);

describe.skipIf(!hasBrowser())('the board in a browser', () => {
  it('shows the tree of domains, a task by its title, and retries it', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: sampleTasks });
    await running.startWorker();
    const correlationId = CorrelationId();
    const mail = { to: 'info@bounce.example', subject: 'Receipt 7' };
    const { id } = (await running.scheduler.schedule(correlationId, sendEmailTask, mail))._unsafeUnwrap();
    const task = async () => (await running.inspector.getTask(id))._unsafeUnwrap();
    await until(async () => (await task()).status === 'failed');
    const failedAt = (await task()).endedAt;
    const server = serveHttp({ app: running.app, host: '127.0.0.1', port: 0, logger: silentLogger });
    await using browser = await openBrowser();
    const page = await browser.newPage();
    const refusals: string[] = [];
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().includes('fonts.googleapis.com'))
        refusals.push(line.text());
    });

    await page.goto(`${server.url}/board`);
    await page.getByRole('navigation').getByRole('link', { name: 'send', exact: true }).click();
    await page.getByRole('heading', { name: `emails:send · ${correlationId.slice(-8)}` }).waitFor();
    expect(await readTree(page)).toEqual({
      billing: ['charge-card'],
      emails: ['send', 'weekly-digest'],
      reports: ['generate'],
      users: ['export-data', 'send-welcome-email'],
    });
    await page.getByRole('link', { name: 'FAILED' }).click();
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await until(async () => {
      const { status, endedAt } = await task();
      return status === 'failed' && endedAt?.getTime() !== failedAt?.getTime();
    });
    expect(refusals).toEqual([]);
    await server.stop();
  }, 60_000);

  it('adds a task through the form, and duplicates it', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: sampleTasks });
    await running.startWorker();
    const failedCount = async () =>
      (await running.inspector.getQueueDepth('emails:send'))._unsafeUnwrap().failed;
    const server = serveHttp({ app: running.app, host: '127.0.0.1', port: 0, logger: silentLogger });
    await using browser = await openBrowser();
    const page = await browser.newPage();

    await page.goto(`${server.url}/board/queue/${encodeURIComponent('{emails.send}')}`);
    await page.locator('main button[aria-haspopup=menu]').first().click();
    await page.getByText('Add job').click();
    const editor = page.locator('.cm-content').first();
    await editor.getByText('"subject"').waitFor();
    await editor.fill('{ "to": "info@bounce.example", "subject": "Hello" }');
    await send(page, 'Add');
    await until(async () => (await failedCount()) === 1);

    // The buttons of a failed job have no names: retry, duplicate, edit, delete.
    await page.reload();
    await page.locator('ul[class^=jobActions] button').nth(1).click();
    await send(page, 'Duplicate');
    await until(async () => (await failedCount()) === 2);
    await server.stop();
  }, 60_000);
});

/** How long after a change a form's editor checks it, and a bit; the form sends nothing that was found wrong. */
const EDITOR_CHECK_MS = 1200;

/** Presses a form's button, no sooner than a person would. */
const send = async (page: Page, button: string): Promise<void> => {
  await page.waitForTimeout(EDITOR_CHECK_MS);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST', {
    timeout: 5000,
  });
  await page.getByRole('button', { name: button, exact: true }).click();
  await answered;
};

/** The sidebar: domains with their tasks. */
const readTree = async (page: Page): Promise<Record<string, string[]>> => {
  const domains = await page.locator('nav > ul > li').all();
  return Object.fromEntries(
    await Promise.all(
      domains.map(async (domain) => [
        await domain.locator('> button > span').first().textContent(),
        await domain.getByRole('link').allTextContents(),
      ]),
    ),
  );
};
