import { setTimeout as sleep } from 'node:timers/promises';
import { createTaskLock, defineTask, TaskError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const LOCK_MS = 30_000;
const bookDay = (day: string) => sleep(30, day);

// #region task
const closeMonthTask = defineTask({
  queueName: 'books:close-month',
  schema: z.object({ month: z.string(), days: z.array(z.string()) }),
  handler: async ({ month, days }) => {
    const key = `books:${month}`;
    const holder = crypto.randomUUID(); // this run, and no other
    try {
      const acquired = await lock.acquire(key, holder, LOCK_MS);
      if (acquired.isErr()) return err(new TaskError(acquired.error.message));
      if (!acquired.value) return err(TaskError.retryLater(50, 'another task closes this month'));
      console.log(`closing ${month}`);
      for (const day of days) {
        const extended = await lock.extend(key, holder, LOCK_MS);
        if (!extended.unwrapOr(false)) return err(new TaskError('the lock is lost', { month, day }));
        await bookDay(day);
      }
      console.log(`closed ${month}`);
      return ok({ days: days.length });
    } finally {
      await lock.release(key, holder); // after an error of acquire too; what another holds is left alone
    }
  },
});
// #endregion

await using example = await startExample([closeMonthTask]);
const { appConfig, logger } = example;

// #region create
const lock = createTaskLock({ logger, appConfig });
// #endregion

const payload = { month: '2026-01', days: ['30', '31'] };
for (const scheduled of [
  await example.scheduler.schedule(CorrelationId(), closeMonthTask, payload),
  await example.scheduler.schedule(CorrelationId(), closeMonthTask, payload),
]) {
  if (scheduled.isErr()) throw scheduled.error;
  await example.ended(scheduled.value.id);
}

// #region lapse
await lock.acquire('printer', 'ada', 20);
await sleep(100); // longer than the lock lasts: ada is not heard of any more
const taken = await lock.acquire('printer', 'bob', LOCK_MS);
const extended = await lock.extend('printer', 'ada', LOCK_MS);
const isAnybodys = await lock.isHeld('printer');
const isAdas = await lock.isHeld('printer', 'ada');
// #endregion
console.log([taken, extended, isAnybodys, isAdas].map((answer) => answer.unwrapOr('unknown')).join(' '));

// #region refused
const refused = await lock.acquire('', 'ada', 0);
if (refused.isErr()) console.log(refused.error.code, refused.error.message);
// #endregion
