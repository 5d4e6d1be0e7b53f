import { type AppConfig } from '@backend/config/AppConfig';
import { err, ok, type Result } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { type TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { toTransaction } from '../ledger/SqlTransaction';
import { type CommitNudge } from '../ledger/sharedCommitNudge';
import { type TaskLedger } from '../ledger/TaskLedger';
import { toLedgerEntry } from '../ledger/toLedgerEntry';
import { type PublishError } from '../queue/publish';
import { type AcceptedCall } from './CallCheck';
import { refuseInTransaction } from './RecurringCall';
import { type ScheduledJob, toEntryFacts } from './ScheduledEntry';
import { type ScheduleTarget } from './ScheduleTarget';

interface TransactionTargetOptions {
  readonly ledger: TaskLedger;
  readonly transaction: CallerTransaction;
  /** Puts tasks on their queues: at once, or when their transaction is seen to be committed. */
  readonly nudge: CommitNudge;
  /** What else calls go to. */
  readonly target: Omit<ScheduleTarget, 'within'>;
  readonly appConfig: Pick<AppConfig, 'tasksEnabled'>;
}

/** A transaction of the caller's, in which tasks are written down; nothing of them reaches Redis before it is committed. */
export const createTransactionTarget = (options: TransactionTargetOptions): ScheduleTarget => {
  const { ledger, transaction, nudge, target, appConfig } = options;
  const publish = async (
    job: ScheduledJob,
    call: AcceptedCall,
  ): Promise<Result<TaskId, PublishError | LedgerError>> => {
    if (!appConfig.tasksEnabled) return target.publish(job, call);
    const opened = toTransaction(transaction, ledger.dialect);
    if (opened.isErr()) return err(opened.error);
    // SQLite has one writer, which the caller is now: opening would wait for the end of the transaction.
    const ready = ledger.dialect === 'sqlite' ? ok() : await ledger.open();
    if (ready.isErr()) return err(ready.error);
    const { executor, afterCommit } = opened.value;
    const inserted = await ledger.writer.insertWithin(executor, toLedgerEntry(job, toEntryFacts(call)));
    if (inserted.isErr()) return err(inserted.error);
    if (inserted.value.kind === 'duplicate') return ok(inserted.value.id);
    if (afterCommit === undefined) nudge.watch(job.id);
    else afterCommit(() => nudge.committed(job.id));
    return ok(job.id);
  };
  return {
    ...target,
    publish,
    // A savepoint, say, of a service that was handed a scheduler within the transaction.
    within: (inner) => createTransactionTarget({ ...options, transaction: inner }),
    saveSchedule: refuseInTransaction,
  };
};

/** Without a ledger there is nothing to write in a transaction. */
export const createDisabledTarget = (target: ScheduleTarget): ScheduleTarget => ({
  ...target,
  publish: async () =>
    err(
      new LedgerError('expected LEDGER_URL to name a database for within(transaction), got "off"', {
        code: 'ledger-disabled',
      }),
    ),
  saveSchedule: refuseInTransaction,
});
