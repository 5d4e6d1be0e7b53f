import { describe, expect, it } from 'bun:test';
import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { describeOutbox } from '../__fixtures__/describeOutbox';
import { describeUnfinished } from '../__fixtures__/describeUnfinished';
import { createOutboxBench, NOW_MS, sampleClaim, UNTOUCHED } from '../__fixtures__/OutboxBench';
import { type LedgerDatabase } from './LedgerDatabase';
import { createSqlOutbox, type SqlOutbox } from './sqlOutbox';

describeOutbox('sqlite');
describeUnfinished('sqlite');

/** The indexes that some work reads the tasks by. */
const indexesOf = async (work: (outbox: SqlOutbox) => Promise<unknown>): Promise<readonly string[]> => {
  await using bench = await createOutboxBench('sqlite');
  const plans: string[] = [];
  const explaining = (database: SqlDatabase): SqlDatabase => ({
    ...database,
    query: async (text, values) => {
      const plan = await database.query(`EXPLAIN QUERY PLAN ${text}`, values);
      plans.push(...plan.map(({ detail }) => String(detail)));
      return database.query(text, values);
    },
  });
  const { run } = bench.ledgerDatabase;
  const ledgerDatabase: LedgerDatabase = {
    ...bench.ledgerDatabase,
    run: (act) => run((database) => act(explaining(database))),
  };
  await bench.insert();
  await work(createSqlOutbox(ledgerDatabase));
  return plans.flatMap((plan) => /tasks USING (?:COVERING )?INDEX (\S+)/.exec(plan)?.[1] ?? []);
};

describe('createSqlOutbox on sqlite: query plans', () => {
  const cases: [name: string, index: string, work: (outbox: SqlOutbox) => Promise<unknown>][] = [
    ['claim', 'tasks_outbox', (outbox) => outbox.claim(sampleClaim())],
    ['lag', 'tasks_outbox', (outbox) => outbox.lag(NOW_MS)],
    ['listWaiting', 'tasks_outbox', (outbox) => outbox.listWaiting({ limit: 9, createdUntilMs: NOW_MS })],
    ['listUnfinished', 'tasks_unfinished', (outbox) => outbox.listUnfinished({ limit: 9, ...UNTOUCHED })],
  ];

  it.each(cases)('%s reads by %s alone', async (_name, index, work) => {
    expect(new Set(await indexesOf(work))).toEqual(new Set([index]));
  });
});
