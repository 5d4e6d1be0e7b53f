import { type TaskId } from '../../domain/TaskId';
import { type TaskStatus } from '../../domain/TaskStatus';
import { type EndedAttempt } from '../LedgerWriter';
import { type Cell, toColumns, toStorableText } from './batch';

/** What is written of a task after an attempt, in the order in which `toTaskUpdate` uses it first: SQLite counts so. */
export const END_COLUMNS = toColumns(
  [
    'status',
    'current_attempt',
    'due_at',
    'worker_id',
    'started_at',
    'ended_at',
    'completed_at',
    'result',
    'last_error',
    'error',
    'cancel_reason',
    'task_id',
    'attempt',
  ],
  ['attempt', 'current_attempt'],
);

/** What is kept of an attempt. */
export const ATTEMPT_COLUMNS = toColumns(
  ['task_id', 'number', 'started_at', 'ended_at', 'worker_id', 'outcome', 'error'],
  ['number'],
);

/** The end of an attempt in cells. */
export interface EndRow {
  readonly id: TaskId;
  /** Where the task is after it, unless somebody wants it to stop. */
  readonly status: TaskStatus;
  /** In the order of `END_COLUMNS`. */
  readonly cells: readonly Cell[];
  /** The attempt in the order of `ATTEMPT_COLUMNS`; absent when its handler did not begin. */
  readonly attempt: { readonly kept: readonly Cell[]; readonly discarded: readonly Cell[] } | undefined;
}

/** Makes cells of the end of an attempt. Throws for a value that JSON cannot carry. */
export const toEndRow = (end: EndedAttempt): EndRow => {
  const { id, attempt, startedAtMs, endedAtMs, outcome } = end;
  const workerId = toStorableText(end.workerId);
  const error = 'error' in outcome ? outcome.error : undefined;
  const errorJson = error === undefined ? null : JSON.stringify(error);
  const toAttempt = (kind: string): readonly Cell[] => [
    id,
    attempt,
    startedAtMs,
    endedAtMs,
    workerId,
    kind,
    errorJson,
  ];
  const status = statusAfter(end);
  return {
    id,
    status,
    cells: [
      status,
      counts(end) ? attempt : attempt - 1,
      'dueAtMs' in outcome ? outcome.dueAtMs : null,
      workerId,
      startedAtMs,
      endedAtMs,
      isEnd(end) ? endedAtMs : null,
      outcome.kind === 'completed' ? (JSON.stringify(outcome.value) ?? 'null') : null,
      error === undefined ? null : toStorableText(error.message),
      errorJson,
      outcome.kind === 'cancelled' && outcome.reason !== undefined ? toStorableText(outcome.reason) : null,
      id,
      attempt,
    ],
    attempt: end.hasBegun ? { kept: toAttempt(outcome.kind), discarded: toAttempt('discarded') } : undefined,
  };
};

/** Where a task is after an attempt, as Redis has it too. */
const statusAfter = ({ outcome, attempt }: EndedAttempt): TaskStatus => {
  switch (outcome.kind) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return outcome.kind;
    case 'retry':
      return 'retrying';
    case 'snoozed':
      return attempt > 1 ? 'retrying' : 'scheduled';
    case 'released':
      return attempt > 1 ? 'retrying' : 'pending';
  }
};

const isEnd = ({ outcome: { kind } }: EndedAttempt): boolean =>
  kind === 'completed' || kind === 'failed' || kind === 'cancelled';

/** Whether the attempt is one of those that the task may use. */
const counts = ({ outcome: { kind } }: EndedAttempt): boolean => kind !== 'snoozed' && kind !== 'released';
