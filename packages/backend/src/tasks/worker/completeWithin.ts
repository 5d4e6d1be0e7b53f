import { ok } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { TaskError } from '../domain/TaskError';
import { validateOutput } from '../domain/validateOutput';
import { type CompletionAnswer } from '../ledger/LedgerWriter';
import { toTransaction } from '../ledger/SqlTransaction';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type Attempt } from './Attempt';
import { isolationOf } from './callTask';
import { toRunningAttempt } from './toRunningAttempt';

interface Completion {
  readonly ledger: Pick<TaskLedger, 'writer' | 'dialect'>;
  readonly attempt: Attempt;
  readonly transaction: CallerTransaction;
  readonly value: unknown;
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
}

/**
 * Completes the task of an attempt in a transaction of its handler's; see `TaskContext.completeWithin`. Rejects when the value
 * is not that of the task, the transaction is none, or the task has ended.
 */
export const completeWithin = async ({
  ledger,
  attempt,
  transaction,
  value,
  endedAtMs,
}: Completion): Promise<void> => {
  const { task, environment } = attempt;
  // That of an isolated handler was checked in its process, where it was not JSON yet.
  const result =
    isolationOf(attempt) === undefined
      ? validateOutput(task, value, environment.maxResultBytes)
      : ok<unknown, TaskError>(value);
  if (result.isErr()) throw result.error;
  const opened = toTransaction(transaction, ledger.dialect);
  if (opened.isErr()) throw opened.error;
  const completed = {
    ...toRunningAttempt(attempt, attempt.plan.attempt),
    endedAtMs,
    value: result.value,
  };
  const written = await ledger.writer.completeWithin(opened.value.executor, completed);
  if (written.isErr()) throw written.error;
  if (written.value !== 'completed') throw toProblem(written.value);
};

const toProblem = (answer: Exclude<CompletionAnswer, 'completed'>): TaskError => {
  switch (answer) {
    case 'completed-before':
      return TaskError.fatal(
        'expected ctx.completeWithin to be called once, got a second call: this attempt has completed the task already',
      );
    case 'ended':
      return new TaskError('the task has ended already: in another attempt, or by a cancellation');
    case 'absent':
      return new TaskError('the ledger does not know the task');
  }
};
