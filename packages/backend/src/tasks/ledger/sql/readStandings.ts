import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { UNTOLD_ERROR } from '../../domain/TaskRecord';
import { parseJson } from '../../queue/TaskRecordReader';
import { type CancelledEnding, type OpenStanding, type Standing } from '../Standing';
import { selectTexts, toBatch } from './batch';
import { toCrashCount } from './EntryRow';
import { parseError } from './HistoryRow';

/** Reads how tasks stand; one answer for each, in their order. */
export const readStandings = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ids: readonly TaskId[],
): Promise<readonly Standing[]> => {
  const rows = await executor.query(
    `SELECT id, status, result, error, cancel_reason, completed_at, current_attempt, cancel_requested_at,
       CASE WHEN current_attempt > 0 THEN ${toCrashCount(tables)} ELSE 0 END AS crash_count
     FROM ${tables.name('tasks')} WHERE id IN ${selectTexts(tables.dialect)}`,
    [toBatch(ids.map((id) => [id]))],
  );
  const standings = new Map(rows.map((row) => [String(row['id']), toStanding(row)]));
  return ids.map((id) => standings.get(id) ?? { kind: 'absent' });
};

const toStanding = (row: SqlRow): Standing => {
  const { status, result, error } = row;
  switch (status) {
    case 'completed': {
      const value: unknown = typeof result === 'string' ? parseJson(result, undefined) : undefined;
      return { kind: 'ended', ending: { kind: 'completed', value } };
    }
    case 'failed': {
      const stored = typeof error === 'string' ? parseError(error) : UNTOLD_ERROR;
      return {
        kind: 'ended',
        ending: { kind: 'failed', error: stored, endedAtMs: Number(row['completed_at']) },
      };
    }
    case 'cancelled':
      return { kind: 'ended', ending: toCancelledEnding(row) };
    default:
      return {
        kind: 'open',
        attempt: Number(row['current_attempt']),
        isRunning: status === 'running',
        crashCount: Number(row['crash_count']),
        ...cancelRequestOf(row),
      };
  }
};

/** Reads the end of a task that is cancelled. */
export const toCancelledEnding = ({ cancel_reason: reason }: SqlRow): CancelledEnding => ({
  kind: 'cancelled',
  ...(typeof reason === 'string' ? { reason } : {}),
});

const cancelRequestOf = ({
  cancel_requested_at: requestedAt = null,
  cancel_reason: reason,
}: SqlRow): Pick<OpenStanding, 'cancelRequest'> =>
  requestedAt === null
    ? {}
    : {
        cancelRequest: {
          requestedAt: new Date(Number(requestedAt)),
          ...(typeof reason === 'string' ? { reason } : {}),
        },
      };
