import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type OutboxClaim, type UnpublishedTask, type UnpublishedTasks } from '../LedgerOutbox';
import { toEntryFields } from './EntryRow';
import { type LedgerDatabase } from './LedgerDatabase';
import { toIdLimit, toOldCondition } from './listConditions';
import { parseEntryRows } from './parseEntryRows';
import { ENDED } from './statuses';

/** Ids that are made later sort later. */
const byId = ({ id }: UnpublishedTask, { id: other }: UnpublishedTask): number => (id < other ? -1 : 1);

/**
 * Claims tasks that are on no queue: nobody else does until the lease is over. Those that another one claims at this very
 * moment are passed by on Postgres; SQLite has one writer at a time.
 */
export const claimTasks = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Pick<LedgerDatabase, 'tables' | 'queuePrefix'>,
  { limit, untilId, created, nowMs, leaseMs }: OutboxClaim,
): Promise<UnpublishedTasks> => {
  const rows = await executor.query(
    `WITH batch AS (
       SELECT id AS claimed_id FROM ${tables.name('tasks')}
       WHERE queue_prefix = $1 AND published_at IS NULL AND status NOT IN ${ENDED}
         AND (claimed_until IS NULL OR claimed_until <= $2) AND ${toOldCondition('created_at', ['$3', '$4'])}
         AND ${toIdLimit('$5')}
       ORDER BY id LIMIT $6 ${tables.dialect === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''}
     )
     UPDATE ${tables.name('tasks')} AS task SET claimed_until = $7
     FROM batch WHERE task.id = batch.claimed_id
     RETURNING ${toEntryFields(tables)}`,
    [queuePrefix, nowMs, created.untilMs, created.aheadOfMs, untilId ?? null, limit, nowMs + leaseMs],
  );
  const { tasks, unreadable } = parseEntryRows(rows);
  return { tasks: tasks.toSorted(byId), unreadable };
};
