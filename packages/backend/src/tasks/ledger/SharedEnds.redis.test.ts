import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createSharedEnds } from './SharedEnds';
import { closeSharedLedgers } from './sharedTaskLedger';

describe('createSharedEnds', () => {
  it('opens a ledger again that was closed', async () => {
    const task = defineTask({ queueName: 'test:kept-end', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const ends = createSharedEnds(bench);
    const id = await bench.schedule(task, {});
    (await bench.inspector.cancel(id, 'sold out'))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    await closeSharedLedgers();

    expect(await ends.wait(task.queueName, id, { timeoutMs: 0 })).toEqual(
      ok({ kind: 'cancelled', reason: 'sold out' }),
    );
  });
});
