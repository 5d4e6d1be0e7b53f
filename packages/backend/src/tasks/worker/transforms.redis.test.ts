import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench } from './__fixtures__/TaskBench';

describe('a schema with defaults and transforms', () => {
  it('takes effect once, when the worker reads the payload', async () => {
    const task = defineTask({
      queueName: 'test:transforms',
      schema: z.object({
        pages: z.string().transform(Number),
        copies: z.number().default(2),
        dueAt: z.coerce.date(),
      }),
      handler: async (payload) => ok(payload),
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const dueAt = new Date(1_900_000_000_000);
    const record = await bench.ended(await bench.schedule(task, { pages: '12', dueAt }));

    expect(record).toMatchObject({
      status: 'completed',
      payload: { pages: '12', dueAt: dueAt.toISOString() },
      value: { pages: 12, copies: 2, dueAt: dueAt.toISOString() },
    });
  });
});
