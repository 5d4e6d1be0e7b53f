import { describe, expect, it } from 'bun:test';
import { err } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { RETRY_FIELDS } from '../queue/RetryClaim';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { shown } from './__fixtures__/LetterBench';
import { createDeadLetterQueue } from './DeadLetterQueue';

const brokenTask = defineTask({
  queueName: 'letters:broken',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => err(TaskError.fatal('broken', { n })),
});

const setup = async () => {
  const ledgerBench = await createLedgerTaskBench('sqlite', { tasks: [brokenTask] });
  const { bench } = ledgerBench;
  const { logger, appConfig, redis } = bench;
  const deadLetters = createDeadLetterQueue({ tasks: [brokenTask], logger, appConfig });
  const forget = async () => void (await redis.del(await bench.keys()));
  return { ledgerBench, bench, deadLetters, forget };
};

describe('a dead letter that Redis has forgotten', () => {
  it('is a letter again as soon as it is retried, with all but the stack', async () => {
    const { ledgerBench, bench, deadLetters, forget } = await setup();
    await using _ = ledgerBench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(brokenTask, { n: 7 }, { metadata: { order: 7 } });
    await bench.ended(id);
    await worker.stop();
    const letter = (await deadLetters.get(id))._unsafeUnwrap();
    await forget();
    const newId = (await deadLetters.retry(id))._unsafeUnwrap();
    const restored = (await deadLetters.get(id))._unsafeUnwrap();

    const error = { ...letter.error, stack: 'broken' };
    // The ledger has moments of its own for what happens in both.
    const times = { scheduledAt: expect.any(Date), failedAt: expect.any(Date), retriedAt: expect.any(Date) };
    expect(restored).toEqual({ ...letter, ...times, retriedAs: newId, error, failures: [error] });
    expect(shown(await deadLetters.count())).toBe(1);
  });

  it('stays forgotten when it was retried before, unless it is retried once more', async () => {
    const { ledgerBench, bench, deadLetters, forget } = await setup();
    await using _ = ledgerBench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(brokenTask, { n: 7 });
    await bench.ended(id);
    await worker.stop();
    const retriedAs = (await deadLetters.retry(id))._unsafeUnwrap();
    await forget();

    expect((await deadLetters.retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'already-retried',
      metadata: { retriedAs },
    });
    expect(shown(await deadLetters.count())).toBe(0);
    const newId = (await deadLetters.retry(id, { force: true }))._unsafeUnwrap();
    expect((await deadLetters.get(id))._unsafeUnwrap()).toMatchObject({
      retriedAs: newId,
      retriedAt: expect.any(Date),
    });
  });

  it('is none when it was cancelled', async () => {
    const { ledgerBench, bench, deadLetters, forget } = await setup();
    await using _ = ledgerBench;
    const id = await bench.schedule(brokenTask, { n: 7 });
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    await forget();

    expect((await deadLetters.retry(id))._unsafeUnwrapErr().code).toBe('not-failed');
    expect(await bench.keys()).toEqual([]);
  });
});

describe('a dead letter of a Redis that has lost its last writes', () => {
  it('is not retried again that the ledger knows to be retried, unless it is retried once more', async () => {
    const { ledgerBench, bench, deadLetters } = await setup();
    await using _ = ledgerBench;
    const worker = await bench.startWorker();
    const ids = [await bench.schedule(brokenTask, { n: 7 }), await bench.schedule(brokenTask, { n: 8 })];
    for (const id of ids) await bench.ended(id);
    await worker.stop();
    const [id = TaskId(), other = TaskId()] = ids;
    expect((await deadLetters.retryAll())._unsafeUnwrap()).toEqual({ retriedCount: 2, skippedCount: 0 });
    const { retriedAs = TaskId() } = (await deadLetters.get(id))._unsafeUnwrap();
    const queue = bench.queue(brokenTask);
    for (const each of ids) await bench.redis.hdel(queue.toKey(each), ...RETRY_FIELDS);

    expect((await deadLetters.retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'already-retried',
      metadata: { retriedAs },
    });
    expect((await deadLetters.get(id))._unsafeUnwrap()).toMatchObject({ retriedAs });
    expect((await bench.inspector.retry(other))._unsafeUnwrapErr().code).toBe('already-retried');
    expect((await deadLetters.retryAll())._unsafeUnwrap()).toEqual({ retriedCount: 0, skippedCount: 2 });
    expect(await ledgerBench.countRows()).toBe(4);
    await bench.redis.hdel(queue.toKey(id), ...RETRY_FIELDS);
    (await deadLetters.retry(id, { force: true }))._unsafeUnwrap();
    expect(await ledgerBench.countRows()).toBe(5);
  });

  it('goes on with a retry that was begun, under its id', async () => {
    const { ledgerBench, bench, deadLetters } = await setup();
    await using _ = ledgerBench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(brokenTask, { n: 7 });
    await bench.ended(id);
    await worker.stop();
    const newId = (await deadLetters.retry(id))._unsafeUnwrap();
    const queue = bench.queue(brokenTask);
    // As if the call had died between the ledger and the queue.
    await bench.redis.hdel(queue.toKey(id), 'retriedAt');
    await bench.redis.del(queue.toKey(newId));

    expect((await deadLetters.retry(id))._unsafeUnwrap()).toBe(newId);
    expect(await ledgerBench.countRows()).toBe(2);
  });
});
