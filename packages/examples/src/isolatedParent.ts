import { call, defineResource, defineTask, ResourceToken, type TaskDefinition } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region tasks
const fontsToken = ResourceToken<readonly string[]>('fonts');

const renderPageTask = defineTask({
  queueName: 'pages:render',
  schema: z.object({ page: z.number() }),
  output: z.object({ bytes: z.number() }),
  handler: async ({ page }) => ok({ bytes: 1000 + page }),
});

const renderBookTask = defineTask({
  queueName: 'books:render',
  schema: z.object({ pages: z.number() }),
  handler: async ({ pages }, ctx) => {
    const fonts = ctx.resolve(fontsToken); // of this process
    const calls = Array.from({ length: pages }, (_, page) => call(renderPageTask, { page }));
    const rendered = await ctx.children.run(calls); // without a slot; the process waits
    const bytes = rendered.map((result) => result.unwrapOr({ bytes: 0 }).bytes);
    return ok({ bytes: bytes.reduce((sum, size) => sum + size, 0), fonts: fonts.length });
  },
  options: { isolate: true, resources: [fontsToken] },
});
// #endregion

// #region worker
// The processes import this file for `tasks` and `resources`.
export const tasks: TaskDefinition<unknown>[] = [renderPageTask, renderBookTask];

export const resources = [defineResource({ token: fontsToken, start: () => ['serif', 'sans'] })];

if (import.meta.main) {
  await using example = await startExample(tasks, { resources, tasksModule: import.meta.url });
  const { status, value } = await example.run(renderBookTask, { pages: 3 });
  console.log(status, JSON.stringify(value));
}
// #endregion
