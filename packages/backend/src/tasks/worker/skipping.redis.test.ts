import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type Skipped, skipped } from '../domain/Skipped';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench } from './__fixtures__/TaskBench';

const sendTask = defineTask({
  queueName: 'mails:send',
  schema: z.object({ to: z.enum(['ada', 'nobody', 'the void', 'a liar']) }),
  handler: async ({ to }): Promise<Result<object | Skipped, Error>> => {
    if (to === 'nobody') return ok(skipped('the user is gone'));
    if (to === 'the void') return err(TaskError.fatal('no such place'));
    if (to === 'a liar') return ok({ status: 'sent', reason: 'skipped', inside: skipped('no') });
    return ok({ status: 'sent', reason: 'asked' });
  },
});

/** Its output says nothing of skips. */
const strictTask = defineTask({
  queueName: 'mails:strict',
  schema: z.object({}),
  output: z.object({ messageId: z.string() }) as z.ZodType<unknown>,
  handler: async () => ok({ ...skipped('the user is gone'), userId: 7 }),
});

const setup = () => createTaskBench({ tasks: [sendTask, strictTask] });

describe('a task that skips', () => {
  it('has completed, and its record says that it was a skip, and why', async () => {
    await using bench = await setup();
    await bench.startWorker();
    const record = await bench.ended(await bench.schedule(sendTask, { to: 'nobody' }));
    const sent = await bench.ended(await bench.schedule(sendTask, { to: 'ada' }));

    expect(record).toMatchObject({
      status: 'completed',
      value: { status: 'skipped', reason: 'the user is gone' },
      isSkipped: true,
      skipReason: 'the user is gone',
    });
    expect('isSkipped' in sent || 'skipReason' in sent).toBe(false);
  });

  it('is logged as skipped, with the reason', async () => {
    await using bench = await setup();
    const worker = await bench.startWorker();
    const id = await bench.schedule(sendTask, { to: 'nobody' });
    await bench.ended(id);
    await worker.stop();

    expect(bench.messages(id)).toEqual(['Task skipped']);
    expect(bench.logger.info).toHaveBeenCalledWith(
      'Task skipped',
      expect.objectContaining({ taskId: id, outcome: 'completed', reason: 'the user is gone' }),
    );
  });

  it('is not refused by an output schema that does not know of skips, and is kept as it is', async () => {
    await using bench = await setup();
    await bench.startWorker();

    expect(await bench.ended(await bench.schedule(strictTask, {}))).toMatchObject({
      status: 'completed',
      value: { status: 'skipped', reason: 'the user is gone', userId: 7 },
      isSkipped: true,
    });
  });

  it('is counted apart, by its worker and by the inspector', async () => {
    await using bench = await setup();
    const worker = await bench.startWorker();
    for (const to of ['nobody', 'ada', 'a liar', 'nobody', 'the void'] as const)
      await bench.ended(await bench.schedule(sendTask, { to }));
    const [stats] = (await bench.inspector.getStats({ name: 'mails:send' }))._unsafeUnwrap();

    expect(worker.getStats()).toMatchObject({ processedCount: 5, skippedCount: 2, failedCount: 1 });
    expect(stats).toMatchObject({ sampleCount: 5, skippedCount: 2, failureRate: 1 / 5 });
  });

  it('is counted whatever another program left as a result', async () => {
    await using bench = await setup();
    const worker = await bench.startWorker();
    const ids = [
      await bench.schedule(sendTask, { to: 'nobody' }),
      await bench.schedule(sendTask, { to: 'ada' }),
      await bench.schedule(sendTask, { to: 'ada' }),
      await bench.schedule(sendTask, { to: 'ada' }),
    ];
    for (const id of ids) await bench.ended(id);
    await worker.stop();
    const left = ['"skipped" is no JSON', '"skipped"', '{"status":"skipped","reason":7}'];
    for (const [index, value] of left.entries())
      await bench.redis.hset(bench.queue(sendTask).toKey(ids[index + 1] ?? ''), 'returnvalue', value);
    const [stats] = (await bench.inspector.getStats({ name: 'mails:send' }))._unsafeUnwrap();

    expect(stats).toMatchObject({ sampleCount: 4, skippedCount: 1 });
  });
});
