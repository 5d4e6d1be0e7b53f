import { type DeadLetter, type LetterFailure } from '../domain/DeadLetter';
import { type TaskRecord } from '../domain/TaskRecord';
import { parseFailureStack, toPlainStack } from './StoredFailure';
import { readStoredTasks, type StoredTask } from './StoredTask';
import { parseJson, type TaskSource, toTaskRecord } from './TaskRecordReader';

/** Letters that one script reads. */
const PART = 200;

/** Reads dead letters of one queue; `undefined` in the place of each that was deleted, or put back, meanwhile. */
export const readDeadLetters = async (
  source: TaskSource,
  ids: readonly string[],
): Promise<readonly (DeadLetter | undefined)[]> => {
  const parts = Array.from({ length: Math.ceil(ids.length / PART) }, (_, index) =>
    readStoredTasks({ ...source, ids: ids.slice(index * PART, (index + 1) * PART) }),
  );
  const tasks = (await Promise.all(parts)).flat();
  return tasks.map((task) => (task?.set === 'failed' ? toDeadLetter(task, source) : undefined));
};

const toDeadLetter = (task: StoredTask, source: TaskSource): DeadLetter => {
  const record = toTaskRecord(task, source);
  const { status: _status, attempt, startedAt: _startedAt, endedAt, error: _error, ...facts } = record;
  const failures = toFailures(record, task.fields.stacktrace);
  const { retriedAt } = task.fields;
  return {
    ...facts,
    attempts: attempt,
    failedAt: endedAt ?? record.scheduledAt,
    error: failures.at(-1) ?? { ...lastError(record), stack: '' },
    failures,
    ...(record.retriedAs === undefined ? {} : { retriedAt: new Date(Number(retriedAt)) }),
  };
};

const lastError = ({ error, attempt }: TaskRecord): Omit<LetterFailure, 'stack'> =>
  error ?? { message: 'another program failed the task and gave no reason', code: 'task-failed', attempt };

/** The stack of another program holds none of our facts: its first line has to do, and the last one is the record's. */
const toFailures = (record: TaskRecord, stacktrace = '[]'): LetterFailure[] => {
  const stacks = toTexts(parseJson(stacktrace, []));
  const foreignFacts = (stack: string, index: number): Omit<LetterFailure, 'stack'> =>
    index === stacks.length - 1
      ? lastError(record)
      : { message: stack.split('\n')[0] ?? '', code: 'task-failed', attempt: index + 1 };
  return stacks.map((stack, index) => ({
    ...(parseFailureStack(stack) ?? foreignFacts(stack, index)),
    stack: toPlainStack(stack),
  }));
};

const toTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
