import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { takeBack } from '../ledger/__fixtures__/takeBack';
import { createConfiguredRelay } from '../ledger/ConfiguredRelay';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createTickerBench } from './__fixtures__/TickerBench';

const task = defineTask({
  queueName: 'test:tick',
  schema: z.object({}),
  handler: async () => ok(),
  options: { backoffMs: 7 },
});

describe('createRunStarter with a ledger', () => {
  it('writes down how a run is tried again', async () => {
    await using database = await createTestDatabase('sqlite');
    await using test = await createTickerBench([task], { env: { LEDGER_URL: database.url } });
    const { look } = await test.startTicker();
    await test.recurring.create(task, {}, { everyMs: 60_000 }, { id: 'r' });
    await test.makeDue('r');
    await look();
    const reader = openDatabase(parseDatabaseUrl(database.url)._unsafeUnwrap());
    const rows = await reader.query('SELECT id, retry_strategy FROM tasks');
    await reader.close();

    expect(rows).toEqual([{ id: (await test.taskIds(task))[0], retry_strategy: '{"backoffMs":7}' }]);
  });

  it('says that a run is not written down when the ledger does not answer', async () => {
    const env = { LEDGER_URL: 'postgres://127.0.0.1:1/none', LEDGER_DEADLINE_MS: '500' };
    await using test = await createTickerBench([task], { env });
    const { look, logger } = await test.startTicker();
    await test.recurring.create(task, {}, { everyMs: 60_000 }, { id: 'r' });
    await test.makeDue('r');
    await look();

    expect(await test.taskIds(task)).toHaveLength(1);
    expect(logger.warn.mock.calls).toEqual([
      [
        'Runs of recurring schedules are not in the ledger before a worker takes them',
        { taskName: 'test:tick', reason: expect.stringContaining('does not answer') },
      ],
    ]);
  });
});

describe('a run of a schedule that skips overlapping ones', () => {
  it('is still unfinished for the next one when Redis has lost it and the relay has brought it back', async () => {
    await using database = await createTestDatabase('sqlite');
    const env = { LEDGER_URL: database.url, LEDGER_RELAY_AGE_MS: '0' };
    await using test = await createTickerBench([task], { env });
    const { look } = await test.startTicker();
    await test.recurring.create(task, {}, { everyMs: 60_000 }, { id: 'r', overlap: 'skip' });
    await test.makeDue('r', 30);
    await look();
    const [first = ''] = await test.taskIds(task);
    const queueKey = test.queue(task).toKey('');
    await test.redis.del((await test.keys()).filter((key) => key.startsWith(queueKey)));
    const ledger = sharedTaskLedger(test.appConfig);
    if (ledger === undefined) throw new Error('expected a ledger');
    await until(async () => {
      const { unpublishedIds } = await takeBack(ledger.outbox, first as TaskId);
      return unpublishedIds.length === 1;
    });
    const relay = createConfiguredRelay({ ledger, logger: silentLogger, appConfig: test.appConfig });
    expect(await relay.look()).toBe(1);
    await test.makeDue('r', 1);
    await look();

    expect(await test.taskIds(task)).toEqual([first]);
  });
});
