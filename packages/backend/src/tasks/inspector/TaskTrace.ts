import { type CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskAttempt, type TraceEntry } from '../ledger/LedgerHistory';

/** A task of a trace, with those that came of it. */
export interface TracedTask {
  readonly task: TaskRecord;
  /** Milliseconds from the moment at which it could run to its first attempt; absent while none has begun. */
  readonly waitMs?: number;
  /** Milliseconds that its attempts ran, all together; absent while none has ended. */
  readonly runMs?: number;
  /** In their order. One that runs is not among them. */
  readonly attempts: readonly TaskAttempt[];
  /** The tasks that it scheduled, and those that do it again; the oldest first. */
  readonly children: readonly TracedTask[];
}

/** What came of one correlation ID. */
export interface TaskTrace {
  readonly correlationId: CorrelationId;
  /** The tasks that no other one of the trace scheduled, the oldest first. */
  readonly roots: readonly TracedTask[];
  /** How many tasks there are in the trace. */
  readonly taskCount: number;
  /** Whether there are more tasks than a trace holds: the oldest are in it. */
  readonly isTruncated: boolean;
}

interface TraceParts {
  readonly correlationId: CorrelationId;
  /** The oldest first. */
  readonly entries: readonly TraceEntry[];
  readonly isTruncated: boolean;
}

/** Builds a trace. Pure. */
export const toTaskTrace = ({ correlationId, entries, isTruncated }: TraceParts): TaskTrace => {
  const known = new Set(entries.map(({ task }) => task.id));
  const children = Map.groupBy(entries, ({ task }) => originOf(task, known));
  const grow = (origin: TaskId | undefined): readonly TracedTask[] =>
    (children.get(origin) ?? []).map((entry) => ({ ...toTimes(entry), children: grow(entry.task.id) }));
  return { correlationId, roots: grow(undefined), taskCount: entries.length, isTruncated };
};

/** The task of which one came: the one that it does again, or that scheduled it. Others of the trace are no longer known. */
const originOf = ({ retriedFrom, parentId }: TaskRecord, known: ReadonlySet<TaskId>): TaskId | undefined =>
  [retriedFrom, parentId].find((id) => id !== undefined && known.has(id));

const toTimes = ({ task, firstDueAt, attempts }: TraceEntry): Omit<TracedTask, 'children'> => {
  // Of a first attempt whose worker died it may not be known when it began.
  const startedAt = attempts.length > 0 ? attempts[0]?.startedAt : task.startedAt;
  const readyAt = firstDueAt ?? task.scheduledAt;
  const runs = attempts.flatMap(({ startedAt: start, endedAt }) =>
    start === undefined ? [] : [endedAt.getTime() - start.getTime()],
  );
  return {
    task,
    // Clocks of two machines may differ.
    ...(startedAt === undefined ? {} : { waitMs: Math.max(0, startedAt.getTime() - readyAt.getTime()) }),
    ...(runs.length === 0 ? {} : { runMs: runs.reduce((sum, runMs) => sum + runMs, 0) }),
    attempts,
  };
};
