import { type LedgerTask } from '../check/History';
import { type FaultDatabase } from './FaultDatabase';

/** Reads the ledger past every library. */
export interface LedgerReader {
  /** Tasks that have not ended, or wait to be put on a queue. */
  countOpen(): Promise<number>;
  /** Every task, in the order of their ids. */
  readTasks(): Promise<readonly LedgerTask[]>;
}

const TERMINAL = `('completed', 'failed', 'cancelled')`;

const toMs = (value: unknown): number | undefined => (value === null ? undefined : Number(value));

/** Creates the reader of a database. */
export const createLedgerReader = ({ query, table }: FaultDatabase): LedgerReader => ({
  countOpen: async () => {
    const [row] = await query(
      `SELECT count(*) AS count FROM ${table('tasks')} WHERE status NOT IN ${TERMINAL}`,
    );
    return Number(row?.['count']);
  },
  readTasks: async () => {
    const rows = await query(
      `SELECT id, correlation_id, status, published_at, completed_at FROM ${table('tasks')} ORDER BY id`,
    );
    const attempts = Map.groupBy(
      await query(
        `SELECT task_id, number, outcome, ended_at FROM ${table('task_attempts')} ORDER BY task_id, number`,
      ),
      ({ task_id }) => String(task_id),
    );
    const effects = Map.groupBy(await query('SELECT task_id FROM effects'), ({ task_id }) => String(task_id));
    return rows.map(({ id, correlation_id, status, published_at, completed_at }): LedgerTask => {
      const taskId = String(id);
      return {
        taskId,
        correlationId: String(correlation_id),
        status: String(status),
        publishedAtMs: toMs(published_at),
        completedAtMs: toMs(completed_at),
        attempts: (attempts.get(taskId) ?? []).map(({ outcome, ended_at }) => ({
          outcome: String(outcome),
          endedAtMs: toMs(ended_at),
        })),
        effectCount: effects.get(taskId)?.length ?? 0,
      };
    });
  },
});
