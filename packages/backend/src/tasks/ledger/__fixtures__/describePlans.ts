import { afterAll, beforeAll, describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type LedgerKey } from '../LedgerEntry';
import { type HistoryQuery } from '../LedgerHistory';
import { createSqlHistory } from '../sql/sqlHistory';
import { createSqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createPlanBench, KNOWN, type PlanBench } from './PlanBench';
import { EVER, EVERY_TASK } from './takeBack';

/** What plans call the indexes of primary keys. */
const PRIMARY = {
  sqlite: { tasks: 'USING PRIMARY KEY (id', attempts: 'USING PRIMARY KEY (task_id=?' },
  postgres: { tasks: 'tasks_pkey', attempts: 'task_attempts_pkey' },
} as const;

/** How plans say that a table is read from one end to the other. */
const SCANS = { sqlite: /SCAN (tasks?|task_attempts|attempt|again)\b/, postgres: /Seq Scan/ } as const;

const { taskName, userId, correlationId, parentId, scheduleId } = KNOWN;

const lists: [what: string, query: Partial<HistoryQuery>, index: string][] = [
  ['failed tasks', { statuses: ['failed'] }, 'tasks_failed'],
  ['failed tasks of a name', { statuses: ['failed'], taskName }, 'tasks_failed'],
  ['cancelled tasks', { statuses: ['cancelled'] }, 'tasks_cancelled'],
  ['tasks that wait or run', { statuses: ['pending', 'running'] }, 'tasks_unfinished'],
  ['tasks of a name that run', { statuses: ['running'], taskName }, 'tasks_unfinished'],
  ['tasks of a name', { taskName }, 'tasks_type'],
  ['tasks of a name with a text', { taskName, text: 'ada' }, 'tasks_type'],
  ['tasks of a user', { userId }, 'tasks_owner'],
  ['failed tasks of a user', { userId, statuses: ['failed', 'cancelled'] }, 'tasks_owner'],
  ['tasks of a correlation ID', { correlationId }, 'tasks_correlation'],
  ['the oldest of a correlation ID', { correlationId, order: 'oldest-first' }, 'tasks_correlation'],
  ['children', { parentId }, 'tasks_parent'],
  ['runs of a schedule', { scheduleId }, 'tasks_schedule'],
];

const keys: [what: string, key: LedgerKey, index: string][] = [
  ['an idempotency key', { kind: 'idempotency', key: 'k', expiresAtMs: 1e15 }, 'tasks_idempotency_key'],
  ['a unique key', { kind: 'unique', key: 'k' }, 'tasks_unique_tag'],
];

/** With which indexes statements find their rows, on one database with many tasks. */
export const describePlans = (dialect: SqlDialect): void => {
  describe(`the indexes of the ledger on ${dialect}`, () => {
    const primary = PRIMARY[dialect];
    let bench: PlanBench;
    beforeAll(async () => {
      bench = await createPlanBench(dialect);
    });
    afterAll(() => bench[Symbol.asyncDispose]());
    const list = (query: Partial<HistoryQuery>) =>
      bench.plansOf((ledger) => createSqlHistory(ledger).list({ limit: 100, ...query }));
    const expectIndexes = (plans: readonly string[], ...indexes: readonly string[]): void => {
      for (const index of indexes) expect(plans.join('\n')).toContain(index);
      for (const plan of plans) expect(plan).not.toMatch(SCANS[dialect]);
    };

    it.each(lists)('find %s', async (_what, query, index) => {
      expectIndexes(await list(query), index);
    });

    it('find a page in the middle and a range of time', async () => {
      expectIndexes(await list({ beforeId: TaskId() }), primary.tasks);
      expectIndexes(await list({ createdAfter: new Date(CREATED_AT_MS) }), primary.tasks);
    });

    it('find the tasks of several statuses, each in its order', async () => {
      expectIndexes(
        await list({ statuses: ['pending', 'failed', 'cancelled'] }),
        'tasks_unfinished',
        'tasks_failed',
        'tasks_cancelled',
      );
    });

    it('sort none of the tasks that are not on the page', async () => {
      for (const query of [{}, { statuses: ['completed'] }, { text: 'ada' }] as const)
        expect((await list(query)).join()).not.toMatch(/TEMP B-TREE|Sort/);
    });

    it('find one task, the one that does it again, and attempts', async () => {
      const plans = await bench.plansOf(async (ledger) => {
        await createSqlHistory(ledger).find(TaskId());
        await createSqlHistory(ledger).listAttempts(TaskId());
      });

      expectIndexes(plans, primary.tasks, 'tasks_retried', primary.attempts);
    });

    it.each(keys)('find the task that has %s', async (_what, key, index) => {
      const keyed = sampleEntry({ key });
      (await createSqlWriter(bench.ledgerDatabase).insert(keyed))._unsafeUnwrap();
      const plans = await bench.plansOf((ledger) =>
        createSqlWriter(ledger).insert(sampleEntry({ key, taskName: keyed.taskName })),
      );

      expectIndexes(plans, index);
    });

    it('find the tasks that a worker writes about', async () => {
      const id = TaskId();
      const plans = await bench.plansOf(async (ledger) => {
        const writer = createSqlWriter(ledger);
        await writer.standing(id);
        await writer.touch([sampleEnd(id)], CREATED_AT_MS);
        await writer.end(sampleEnd(id));
        await writer.cancel(id, { nowMs: CREATED_AT_MS });
        await writer.noteCrash({ id, attempt: 1, crashCount: 1, foundAtMs: CREATED_AT_MS });
        await ledger.run((database) =>
          database.transaction((transaction) =>
            writer.completeWithin(transaction, { ...sampleEnd(id), value: null }),
          ),
        );
      });

      expect(plans.length).toBeGreaterThan(5);
      expectIndexes(plans, primary.tasks);
    });

    it('find the tasks that are on no queue yet', async () => {
      const claim = { limit: 100, created: EVER, nowMs: 1e15, leaseMs: 1 };
      const plans = await bench.plansOf(async (ledger) => {
        await createSqlOutbox(ledger).claim(claim);
        await createSqlOutbox(ledger).listUnpublished({ limit: 100, created: EVER });
      });

      const ofLag = await bench.plansOf((ledger) => createSqlOutbox(ledger).lag(CREATED_AT_MS));

      expect(plans).toHaveLength(2);
      for (const plan of plans) expectIndexes([plan], 'tasks_outbox');
      expectIndexes(ofLag, 'tasks_outbox');
    });

    it('find the tasks that may be on no queue any more', async () => {
      const plans = await bench.plansOf(async (ledger) => {
        await createSqlOutbox(ledger).listPublished({ ...EVERY_TASK, limit: 100, untilId: TaskId() });
        await createSqlOutbox(ledger).lastUnfinished();
      });

      expect(plans).toHaveLength(2);
      for (const plan of plans) expectIndexes([plan], 'tasks_unfinished');
    });

    it('find the tasks that a relay and a reconciler name', async () => {
      const ids = [TaskId()];
      const plans = await bench.plansOf(async (ledger) => {
        const outbox = createSqlOutbox(ledger);
        await outbox.readUnpublished(ids);
        await outbox.listCommitted(ids);
        await outbox.markPublished(ids);
        await outbox.release(ids);
        await outbox.unpublish(ids.map((id) => ({ id, status: 'pending', updatedAtMs: CREATED_AT_MS })));
        await outbox.absorb(TaskId(), TaskId());
        await outbox.cancelAbsorbed(TaskId(), TaskId());
      });

      expect(plans.length).toBeGreaterThan(6);
      for (const plan of plans) {
        expectIndexes([plan]);
        // By their ids, not by what all of them have in common.
        expect(plan).toMatch(dialect === 'sqlite' ? /\bid=\?/ : /\bid = /);
      }
    });

    it('find the tasks that are swept, and their attempts', async () => {
      const plans = await bench.plansOf((ledger) =>
        createSqlHistory(ledger).sweep({ status: 'cancelled', endedBeforeMs: 1e15, nowMs: 0, limit: 10 }),
      );

      expectIndexes(plans, 'tasks_ended', primary.attempts);
    });
  });
};
