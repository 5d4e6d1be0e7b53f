import { type AppConfig } from '@backend/config/AppConfig';
import { currentLogContext } from '@backend/logger/LogContext';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { PRIORITIES } from '@backend/tasks/domain/Priority';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { fromJobPriority, toJobPriority } from '@backend/tasks/queue/JobOptions';
import { retryFromStart } from '@backend/tasks/queue/retryFromStart';
import { type TaskQueues } from '@backend/tasks/queue/TaskQueues';
import { type WorkerPresence } from '@backend/tasks/queue/WorkerPresence';
import { type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { type Job, type Queue } from 'bullmq';
import { type BoardCanceller } from './BoardCanceller';
import { BoardRefusal } from './BoardRefusal';
import { toEditedData } from './EditedData';
import { toFormSchema } from './FormSchema';
import { type BoardForm, parseBoardForm } from './NewTask';
import { reopenRow } from './reopenRow';
import { type DeletionParts, replaceDeletions, toJobRemoval } from './replaceDeletions';
import { toJobTitle, toShownData } from './ShownTask';

/** What the adapters of a board share. */
export interface TaskAdapterOptions {
  readonly client: RedisClient;
  readonly queues: TaskQueues;
  readonly scheduler: TaskScheduler;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Gives what cancels tasks of a name; nothing when there is no ledger. Asked for each action. */
  cancellerOf(taskName: string): BoardCanceller | undefined;
  /** Reads which workers are connected, for all queues at once. */
  readWorkers(): Promise<WorkerPresence>;
}

/**
 * Creates what shows one task's queue on Bull Board, and keeps what people do there within the rules of tasks: what the form
 * adds goes through the scheduler (checked payload, an id of ours, a priority, a correlation ID), a retried task gets
 * all its attempts again, edited data is checked like new data, and with a ledger what has not ended is cancelled where it
 * would be deleted.
 */
export const createTaskAdapter = (
  task: TaskDefinition<unknown>,
  options: TaskAdapterOptions,
): BullMQAdapter => {
  const queue = options.queues.get(task.queueName);
  const jobDataSchema = toFormSchema(task);
  const adapter = new BullMQAdapter(queue, {
    delimiter: '.',
    displayName: task.queueName,
    ...{ allowCompletedRetries: false }, // the constructor takes it, its type does not name it
    ...(jobDataSchema === undefined ? {} : { jobDataSchema }),
  });
  adapter.setFormatter('name', toJobTitle);
  adapter.setFormatter('data', toShownData);
  const guard = (job: Job): Job => guardJob(job, { task, queue, options });
  const getJob = adapter.getJob.bind(adapter);
  const getJobs = adapter.getJobs.bind(adapter);
  adapter.getJob = async (id) => {
    // The id is part of a URL, and `meta` would be read, and deleted, like a job.
    if (Object.hasOwn(queue.keys, id)) return undefined;
    const job = await getJob(id);
    return job === undefined ? undefined : guard(job);
  };
  adapter.getJobs = async (statuses, start, end) => (await getJobs(statuses, start, end)).map(guard);
  adapter.addJob = async (_name, data, jobOptions) =>
    guard(await scheduleForm({ data, options: jobOptions }, { task, queue, options }));
  replaceDeletions(adapter, toDeletionParts({ task, queue, options }));
  adapter.getWorkers = async () =>
    ((await options.readWorkers()).get(task.queueName) ?? []).map((worker) => ({
      id: worker.connectionId,
      name: worker.workerId || null,
      addr: worker.address,
      age: worker.ageSeconds,
    }));
  return adapter;
};

interface BoardTask {
  readonly task: TaskDefinition<unknown>;
  readonly queue: Queue;
  readonly options: TaskAdapterOptions;
}

const toDeletionParts = ({ task, queue, options }: BoardTask): DeletionParts => ({
  client: options.client,
  queue,
  canceller: () => options.cancellerOf(task.queueName),
});

/** The one of the request that fills in the form. */
const requestCorrelationId = (): CorrelationId =>
  parseCorrelationId(currentLogContext()['correlationId']).unwrapOr(CorrelationId());

const scheduleForm = async (form: BoardForm, { task, queue, options }: BoardTask): Promise<Job> => {
  const parsed = parseBoardForm(form);
  if (parsed.isErr()) throw parsed.error;
  const { payload, correlationId = requestCorrelationId(), options: call } = parsed.value;
  const scheduled = await options.scheduler.schedule(correlationId, task, payload, call);
  if (scheduled.isErr()) throw new BoardRefusal(scheduled.error.message, { cause: scheduled.error });
  const job: Job | undefined = await queue.getJob(scheduled.value.id);
  if (job === undefined) throw new BoardRefusal(`task ${scheduled.value.id} ran and is gone already`);
  return job;
};

/** Replaces the methods of a job that Bull Board calls and that would harm a task as they are. */
const guardJob = (job: Job, { task, queue, options }: BoardTask): Job => {
  const original = { id: job.id, retry: job.retry.bind(job) };
  const updateData = job.updateData.bind(job);
  const changePriority = job.changePriority.bind(job);
  const promote = job.promote.bind(job);
  return Object.assign(job, {
    retry: async (state?: string): Promise<void> => {
      if (state === 'completed') {
        throw new BoardRefusal('a completed task is not run again; duplicate it instead');
      }
      await reopenRow(options, job.id);
      await retryFromStart({ client: options.client, queue, job: original });
    },
    remove: toJobRemoval(job, toDeletionParts({ task, queue, options })),
    promote: async (): Promise<void> => {
      try {
        await promote();
      } catch (cause) {
        const state = await job.getState();
        if (state === 'delayed') throw cause;
        throw new BoardRefusal(`only a task that is delayed is promoted, and this one is ${state}`, {
          cause,
        });
      }
    },
    updateData: async (edited: unknown): Promise<void> => {
      const maxPayloadBytes = options.appConfig.taskMaxPayloadBytes;
      const data = toEditedData({ task, stored: job.data, edited, maxPayloadBytes });
      if (data.isErr()) throw data.error;
      await updateData(data.value);
    },
    // Without a priority a job would run before all others, whatever theirs.
    changePriority: ({ priority = 1 }: { priority?: number }): Promise<void> =>
      changePriority({ priority: toJobPriority(Math.min(PRIORITIES.critical, fromJobPriority(priority))) }),
  });
};
