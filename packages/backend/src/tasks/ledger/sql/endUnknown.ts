import { DatabaseError } from '@backend/database/DatabaseError';
import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { type LedgerEntry } from '../LedgerEntry';
import { type EndAnswer, type EndedAttempt } from '../LedgerWriter';
import { toEndRow } from './EndRow';
import { endAttempts } from './endAttempts';
import { insertEntry } from './insertEntry';
import { type LedgerDatabase } from './LedgerDatabase';

interface UnknownEnd {
  readonly entry: LedgerEntry;
  readonly attempt: EndedAttempt;
}

/**
 * Writes a task down that has run, and what its attempt came to, in one transaction: between the two it would be a task that is
 * to be published. Rejects with `busy` when somebody else is writing the task.
 */
export const endUnknown = (
  database: SqlDatabase,
  { tables, queuePrefix }: Pick<LedgerDatabase, 'tables' | 'queuePrefix'>,
  { entry, attempt }: UnknownEnd,
): Promise<EndAnswer> =>
  database.transaction(async (executor) => {
    await insertEntry({ executor, tables, queuePrefix, entry });
    const [answer] = await endAttempts(executor, tables, [toEndRow(attempt)]);
    if (answer === undefined || answer.kind === 'held')
      throw new DatabaseError('somebody else is writing the task', { code: 'busy' });
    return answer;
  });
