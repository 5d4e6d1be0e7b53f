import { CorrelationId } from '@core/domain/CorrelationId';
import { type Result } from 'neverthrow';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { TaskId } from '../../domain/TaskId';
import { toQueueKey } from '../../queue/QueueName';
import { toFailureStack } from '../../queue/StoredFailure';
import { createTaskBench, type TaskBench, type TaskBenchOptions } from '../../worker/__fixtures__/TaskBench';
import { createDeadLetterQueue, type DeadLetterQueue } from '../DeadLetterQueue';

/** A letter as BullMQ would have stored it. */
export interface PlantedLetter {
  readonly task: TaskDefinition<unknown>;
  readonly failedAtMs: number;
  readonly payload?: unknown;
  readonly id?: TaskId;
}

/** A task bench with its dead letters. */
export interface LetterBench extends TaskBench {
  readonly deadLetters: DeadLetterQueue;
  /** Writes letters without running anything. */
  plant(letters: readonly PlantedLetter[]): Promise<readonly TaskId[]>;
  /** The key of a task's job. */
  jobKey(task: TaskDefinition<unknown>, id: string): string;
}

/** Sets up a bench. */
export const createLetterBench = async (options: TaskBenchOptions): Promise<LetterBench> => {
  const bench = await createTaskBench(options);
  const { redis, logger, appConfig } = bench;
  const queueKey = ({ queueName }: TaskDefinition<unknown>) => toQueueKey(appConfig.queuePrefix, queueName);
  return {
    ...bench,
    deadLetters: createDeadLetterQueue({ tasks: options.tasks, logger, appConfig }),
    jobKey: (task, id) => `${queueKey(task)}:${id}`,
    plant: async (letters) => {
      const pipeline = redis.pipeline();
      const ids = letters.map(({ task, failedAtMs, payload = {}, id = TaskId() }) => {
        const error = new TaskError('planted');
        pipeline.hset(`${queueKey(task)}:${id}`, {
          name: task.queueName,
          data: JSON.stringify({ v: 1, payload, correlationId: CorrelationId() }),
          opts: '{}',
          timestamp: String(failedAtMs - 1000),
          processedOn: String(failedAtMs - 10),
          finishedOn: String(failedAtMs),
          priority: '51',
          atm: '1',
          failedReason: error.message,
          stacktrace: JSON.stringify([toFailureStack({ error, attempt: 1, reason: 'exhausted' })]),
        });
        pipeline.zadd(`${queueKey(task)}:failed`, String(failedAtMs), id);
        return id;
      });
      await pipeline.exec();
      return ids;
    },
  };
};

/** What an answer says: the value, or code and message of the error. */
export const shown = <T>(answer: Result<T, { readonly code: string; readonly message: string }>): unknown =>
  answer.match(
    (value): unknown => value,
    ({ code, message }) => ({ code, message }),
  );
