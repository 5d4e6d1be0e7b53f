import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { isTerminalStatus } from '../domain/TaskStatus';
import { TASK_SETS } from '../queue/StoredTask';
import { createTaskBench, type TaskBench } from '../worker/__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'mails:send',
  schema: z.object({ ms: z.number() }),
  handler: async ({ ms }, { attempt }) => {
    await Bun.sleep(ms);
    const isFailing = (ms === 1 && attempt === 1) || ms === 2;
    return isFailing ? err(new TaskError('again')) : ok(ms);
  },
  options: { backoffMs: 5, maxAttempts: 2 },
});

type Step =
  | { readonly do: 'schedule'; readonly ms: number; readonly delayMs: number }
  | { readonly do: 'cancel' | 'retry'; readonly which: number }
  | { readonly do: 'pause' | 'resume' }
  | { readonly do: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('schedule' as const),
        ms: fc.nat(3),
        delayMs: fc.constantFrom(0, 0, 4, 15),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'retry' as const), which: fc.nat(50) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(10) }) },
  ),
  { minLength: 15, maxLength: 40 },
);

/** Which sets hold each task, all at the same moment. */
const readHomes = async ({ redis, queue }: TaskBench, ids: readonly TaskId[]) => {
  const keys = TASK_SETS.map((set) => queue(task).toKey(set));
  const script = `
    local members = {}
    for index, key in ipairs(KEYS) do
      members[index] = redis.call(index <= 6 and 'ZRANGE' or 'LRANGE', key, 0, -1)
    end
    return members`;
  const members = (await redis.eval(script, keys.length, ...keys)) as string[][]; // one list for each key
  return ids.map((id) => TASK_SETS.filter((_, index) => members[index]?.includes(id)));
};

const sumOf = async ({ inspector }: TaskBench): Promise<number> =>
  Object.values((await inspector.getQueueDepth(task.queueName))._unsafeUnwrap()).reduce(
    (sum, count) => sum + count,
    0,
  );

const runSteps = async (bench: TaskBench, plan: readonly Step[]): Promise<void> => {
  const worker = await bench.startWorker({ concurrency: 3 });
  const ids: TaskId[] = [];
  const cancelling: Promise<unknown>[] = [];
  for (const step of plan) {
    if (step.do === 'schedule')
      ids.push(await bench.schedule(task, { ms: step.ms }, { delayMs: step.delayMs }));
    if (step.do === 'pause') await worker.pause();
    if (step.do === 'resume') await worker.resume();
    if (step.do === 'wait') await Bun.sleep(step.ms);
    const id = 'which' in step ? ids[step.which % Math.max(1, ids.length)] : undefined;
    if (id !== undefined && step.do === 'cancel') cancelling.push(bench.inspector.cancel(id));
    if (id !== undefined && step.do === 'retry') {
      const retried = await bench.inspector.retry(id);
      if (retried.isOk()) ids.push(retried.value);
    }
    expect(await sumOf(bench)).toBe(ids.length);
    expect((await readHomes(bench, ids)).filter((homes) => homes.length !== 1)).toEqual([]);
  }
  await worker.resume();
  await Promise.all(cancelling);
  const ended = await Promise.all(ids.map((each) => bench.ended(each)));
  expect(ended.every(({ status }) => isTerminalStatus(status))).toBe(true);
  expect(await sumOf(bench)).toBe(ids.length);
  await worker.stop();
};

describe('the counts of a queue', () => {
  it('add up to the tasks that were scheduled, each of which is in one set, whatever happens to them', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        await using bench = await createTaskBench({ tasks: [task] });
        await runSteps(bench, plan);
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});
