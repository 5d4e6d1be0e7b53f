import { getAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { createTaskWorker, defineResource, defineTask, ResourceToken } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { exchangeTask, ratesToken } from './exchangeTask';
import { startExample } from './support/startExample';

// #region define
interface Settings {
  readonly baseCurrency: string;
}

const settingsToken = ResourceToken<Settings>('settings');

const settingsResource = defineResource({
  token: settingsToken,
  start: () => ({ baseCurrency: 'EUR' }),
});

const ratesResource = defineResource({
  token: ratesToken,
  needs: [settingsToken], // started before, stopped after
  start: async ({ resolve, signal, logger }) => {
    const { baseCurrency } = resolve(settingsToken);
    logger.info('Opening the rates', { baseCurrency, isAborted: signal.aborted }); // a connection takes the signal
    console.log(`opened, in ${baseCurrency}`);
    return { rateOf: async (currency: string) => (currency === 'USD' ? 1.25 : 1) };
  },
  stop: () => console.log('closed'),
  startTimeoutMs: 10_000,
  stopTimeoutMs: 1000,
});
// #endregion

const tasks = [exchangeTask];

// #region worker
const resources = [ratesResource, settingsResource]; // in any order
await using example = await startExample(tasks, { resources });
// #endregion
for (const amount of [100, 20]) {
  const { value } = await example.run(exchangeTask, { amount, currency: 'USD' });
  console.log(JSON.stringify(value));
}

// #region missing
const logger = createLogger({ level: 'silent', format: 'json' });
try {
  createTaskWorker({ tasks, logger, appConfig: getAppConfig(), resources: [settingsResource] });
} catch (error) {
  console.log((error as Error).message);
}
// #endregion

// #region failing
const brokenResource = defineResource({
  token: 'broken',
  start: () => Promise.reject(new Error('no route to host')),
});
const worker = createTaskWorker({
  tasks: [],
  logger,
  appConfig: getAppConfig(),
  resources: [brokenResource],
});
const started = await worker.start();
if (started.isErr()) console.log(started.error.code, started.error.message);
// #endregion
await worker.stop();

// #region unknown
const curiousTask = defineTask({
  queueName: 'rates:look',
  schema: z.object({}),
  handler: async (_payload, ctx) => ok(ctx.resolve('ratess')), // it fails for good, and its error names what is known
});
// #endregion
await using curious = await startExample([curiousTask], { resources });
const { status, error } = await curious.run(curiousTask, {});
console.log(status, error?.message);
