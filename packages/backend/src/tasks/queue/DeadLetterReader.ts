import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { type DeadLetter, type LetterFailure } from '../domain/DeadLetter';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { parseFailureStack, toPlainStack } from './StoredFailure';
import { readTaskRecord } from './TaskRecordReader';

interface LetterRead {
  /** The connection of the queue. */
  readonly client: RedisClient;
  readonly queue: Queue;
  /** The id of a failed job, read from Redis: a caller's text would become a part of a key. */
  readonly id: TaskId;
  /** Attempts of a task that does not say. */
  readonly maxAttempts: number;
}

/** Reads a dead letter; `undefined` when it was deleted, or put back, meanwhile. */
export const readDeadLetter = async (read: LetterRead): Promise<DeadLetter | undefined> => {
  const { client, queue, id } = read;
  const [record, stored] = await Promise.all([
    readTaskRecord(read, id),
    client.hmget(queue.toKey(id), 'stacktrace', 'retriedAs', 'retriedAt'),
  ]);
  return record?.status === 'failed' ? toDeadLetter(record, stored) : undefined;
};

const toDeadLetter = (
  record: TaskRecord,
  [stacktrace, retriedAs, retriedAt]: readonly (string | null)[],
): DeadLetter => {
  const { status: _status, attempt, startedAt: _startedAt, endedAt, error: _error, ...read } = record;
  const { retriedAs: _retriedAs, ...facts } = read;
  const failures = toFailures(record, stacktrace);
  return {
    ...facts,
    attempts: attempt,
    failedAt: endedAt ?? record.scheduledAt,
    error: failures.at(-1) ?? { ...lastError(record), stack: '' },
    failures,
    // A claim that is still open may have put nothing on the queue.
    ...(retriedAs && retriedAt
      ? { retriedAs: retriedAs as TaskId, retriedAt: new Date(Number(retriedAt)) }
      : {}),
  };
};

const lastError = ({ error, attempt }: TaskRecord): Omit<LetterFailure, 'stack'> =>
  error ?? { message: 'another program failed the task and gave no reason', code: 'task-failed', attempt };

/** The stack of another program holds none of our facts: its first line has to do, and the last one is the record's. */
const toFailures = (record: TaskRecord, stacktrace: string | null | undefined): LetterFailure[] => {
  const stacks = JSON.parse(stacktrace ?? '[]') as string[]; // written by BullMQ
  const foreignFacts = (stack: string, index: number): Omit<LetterFailure, 'stack'> =>
    index === stacks.length - 1
      ? lastError(record)
      : { message: stack.split('\n')[0] ?? '', code: 'task-failed', attempt: index + 1 };
  return stacks.map((stack, index) => ({
    ...(parseFailureStack(stack) ?? foreignFacts(stack, index)),
    stack: toPlainStack(stack),
  }));
};
