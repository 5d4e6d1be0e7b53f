import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { closeSharedLedgers } from '../ledger/sharedTaskLedger';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';

describe('a scheduler whose ledger was closed', () => {
  it('opens it again', async () => {
    const task = defineTask({ queueName: 'test:reopened', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    await bench.schedule(task, {});
    await closeSharedLedgers();

    const again = await bench.scheduler.schedule(CorrelationId(), task, {});

    expect(again.map(({ disposition }) => disposition)).toEqual(ok('created'));
    expect(await setup.countRows()).toBe(2);
  });
});
