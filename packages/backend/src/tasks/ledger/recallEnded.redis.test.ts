import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createQueueAccess } from '../queue/QueueAccess';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { recallEnded } from './recallEnded';
import { sharedTaskLedger } from './sharedTaskLedger';

const task = defineTask({ queueName: 'test:recall', schema: z.object({}), handler: async () => ok() });

/** A cancelled task. */
const setup = async () => {
  const ledgerBench = await createLedgerTaskBench('sqlite', { tasks: [task] });
  const { bench, database } = ledgerBench;
  const { inspector, schedule, queue, appConfig, logger } = bench;
  const id = await schedule(task, {});
  (await inspector.cancel(id))._unsafeUnwrap();
  const access = createQueueAccess({ logger, appConfig });
  const recall = ({ isForced = false } = {}) =>
    recallEnded({
      access,
      ledger: sharedTaskLedger(appConfig),
      tasks: [task],
      id,
      statuses: ['cancelled'],
      isForced,
    });
  return {
    bench,
    database,
    id,
    recall,
    jobKey: queue(task).toKey(id),
    placeKey: queue(task).toKey('cancelled'),
    forget: async () => void (await bench.redis.del(await bench.keys())),
    [Symbol.asyncDispose]: () => ledgerBench[Symbol.asyncDispose](),
  };
};

describe('recallEnded', () => {
  it('leaves a task alone that is on its queue, and puts back one whose place alone is lost', async () => {
    await using test = await setup();
    const { recall, id, jobKey, placeKey } = test;
    const { redis } = test.bench;
    await redis.hset(jobKey, 'retriedAs', 'another');

    expect((await recall())._unsafeUnwrap()).toEqual({ task, status: 'cancelled' });
    expect(await redis.hget(jobKey, 'retriedAs')).toBe('another');
    await redis.zrem(placeKey, id);
    await recall();
    expect(await redis.hget(jobKey, 'retriedAs')).toBeNull();
    expect(Number(await redis.zscore(placeKey, id))).toBeGreaterThan(0);
  });

  it('puts a task that was retried back only if it is to be done once more', async () => {
    await using test = await setup();
    const { recall, id, jobKey, placeKey } = test;
    const { redis, inspector } = test.bench;
    const retriedAs = (await inspector.retry(id))._unsafeUnwrap();
    await test.forget();

    expect((await recall())._unsafeUnwrap()).toEqual({ task, status: 'cancelled', retriedAs });
    expect(await redis.exists(jobKey, placeKey)).toBe(0);
    expect((await recall({ isForced: true }))._unsafeUnwrap()).toEqual({ task, status: 'cancelled' });
    expect(await redis.hget(jobKey, 'retriedAs')).toBe(retriedAs);
  });

  it('says of a row that another program has written to that it cannot be read, and puts nothing back', async () => {
    await using test = await setup();
    await test.forget();
    await test.database.query('UPDATE tasks SET job = $1 WHERE id = $2', ['{no JSON', test.id]);
    const error = (await test.recall())._unsafeUnwrapErr();

    expect(error).toMatchObject({ name: 'LedgerError', code: 'ledger-refused' });
    expect(error.message).toStartWith(
      `the ledger's row of the task ${test.id} cannot be read: expected the columns envelope, payload and job of `,
    );
    expect(await test.bench.redis.exists(test.jobKey, test.placeKey)).toBe(0);
  });
});
