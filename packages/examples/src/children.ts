import { call, defineTask, type TaskDefinition, TaskError, type TaskId } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const announced = Promise.withResolvers<{ readonly words: number; readonly parentId: TaskId | undefined }>();

// #region children
const countTask = defineTask({
  queueName: 'words:count',
  schema: z.object({ page: z.string() }),
  output: z.object({ words: z.number() }),
  handler: async ({ page }) =>
    page === '' ? err(TaskError.fatal('the page is empty')) : ok({ words: page.split(' ').length }),
});

const announceTask = defineTask({
  queueName: 'words:announce',
  schema: z.object({ words: z.number() }),
  handler: async ({ words }, { parentId }) => ok(announced.resolve({ words, parentId })),
});

const countBookTask = defineTask({
  queueName: 'words:count-book',
  schema: z.object({ pages: z.array(z.string()) }),
  handler: async ({ pages }, ctx) => {
    // Waits for all of them, without a slot of the worker.
    const counts = await ctx.children.run(pages.map((page) => call(countTask, { page })));
    const words = counts.reduce((sum, count) => sum + (count.isOk() ? count.value.words : 0), 0);
    // Does not wait.
    const scheduled = await ctx.schedule(announceTask, { words });
    if (scheduled.isErr()) return err(scheduled.error);
    return ok({ words, failed: counts.filter((count) => count.isErr()).length });
  },
});
// #endregion

// #region tuple
const compareTask = defineTask({
  queueName: 'words:compare',
  schema: z.object({ page: z.string(), pages: z.array(z.string()) }),
  handler: async ({ page, pages }, ctx) => {
    const [one, book] = await ctx.children.run(
      [
        [countTask, { page }],
        [countBookTask, { pages }, { priority: 'high' }],
      ],
      { timeoutMs: 60_000 },
    );
    if (one.isErr()) return err(one.error); // a ChildError: code, taskName, taskId, failure
    return book.map(({ words }) => words - one.value.words);
  },
  options: { maxAttempts: 1 },
});
// #endregion

const tasks: TaskDefinition<unknown>[] = [countTask, announceTask, countBookTask, compareTask];

await using example = await startExample(tasks);

const book = await example.run(countBookTask, { pages: ['once upon a time', '', 'the end'] });
console.log(book.status, JSON.stringify(book.value));
const { words, parentId } = await announced.promise;
console.log(`${words} words announced`, parentId === book.id);

const compared = await example.run(compareTask, { page: 'a short page', pages: ['a long page of words'] });
console.log(compared.status, compared.value);

const refused = await example.run(compareTask, { page: '', pages: [] });
console.log(refused.status, refused.error?.message.replace(/task \S+ of/, 'task of'));
