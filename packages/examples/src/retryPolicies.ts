import { defineTask, type TaskDefinition, TaskError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

class HttpError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

const answers = new Map([
  ['https://api.example.test/missing', 404],
  ['https://api.example.test/busy', 503],
]);

// #region policy
const fetchPageTask = defineTask({
  queueName: 'pages:fetch',
  schema: z.object({ url: z.string() }),
  handler: async ({ url }) => {
    const status = answers.get(url) ?? 200;
    if (status !== 200) throw new HttpError(status);
    return ok({ url });
  },
  options: {
    maxAttempts: 4,
    retry: {
      backoff: 'steps',
      stepsMs: [10, 20, 40], // the last one repeats
      retryOn: (error) => !(error instanceof HttpError && error.status < 500),
    },
  },
});
// #endregion

// #region waits
const importTask = defineTask({
  queueName: 'imports:run',
  schema: z.object({ file: z.string() }),
  handler: async ({ file }, { attempt }) =>
    attempt < 3 ? err(new TaskError(`${file} is locked`)) : ok({ attempt }),
  options: { retry: { backoff: 'linear', initialDelayMs: 60_000, incrementMs: 30_000 } },
});
// #endregion

const tasks: TaskDefinition<unknown>[] = [fetchPageTask, importTask];
await using example = await startExample(tasks);
const { scheduler, ended, run } = example;

for (const url of answers.keys()) {
  const { attempt, error } = await run(fetchPageTask, { url });
  console.log(error?.message, error?.reason, `after ${attempt} of 4`);
}

// #region call
const scheduled = await scheduler.schedule(
  CorrelationId(),
  importTask,
  { file: 'prices.csv' },
  { retry: { backoff: 'fixed', initialDelayMs: 10, jitter: false }, maxAttempts: 5 },
);
// #endregion
if (scheduled.isErr()) throw scheduled.error;
const { status, attempt, maxAttempts } = await ended(scheduled.value.id);
console.log(status, `in attempt ${attempt} of ${maxAttempts}`);
