import { until } from '@backend/__fixtures__/until';
import { type TaskId } from '../../domain/TaskId';
import { createRecurringSchedules } from '../../recurring/RecurringSchedules';
import { createTaskBench } from '../../worker/__fixtures__/TaskBench';
import { type CreateSchedulerWorld } from './SchedulerWorld';

/** A task that is due so soon is waited for: a busy worker may not have taken it yet; less than a tick, milliseconds. */
const SOON_MS = 50;

/** A world on a real Redis, with a real worker that is started whenever time passes. */
export const createRedisSchedulerWorld: CreateSchedulerWorld = async (tasks, env) => {
  const tickMs = 200;
  const bench = await createTaskBench({ tasks, env: { TASK_BACKOFF_MS: '1000', ...env } });
  const recurring = createRecurringSchedules({ tasks, logger: bench.logger, appConfig: bench.appConfig });
  const isResting = async (): Promise<boolean> => {
    const depth = (await bench.inspector.getQueueDepth())._unsafeUnwrap();
    return depth.pending + depth.running === 0;
  };
  const isNothingDue = async (): Promise<boolean> => {
    const waiting = await bench.inspector.getTasks({ status: ['scheduled', 'retrying'] });
    const soonMs = Date.now() + SOON_MS;
    return waiting
      ._unsafeUnwrap()
      .tasks.every(({ dueAt }) => dueAt === undefined || dueAt.getTime() > soonMs);
  };
  // A task that comes due between two looks is in neither of them: so three.
  const isIdle = async (): Promise<boolean> =>
    (await isResting()) && (await isNothingDue()) && (await isResting()) && isNothingDue();
  return {
    scheduler: bench.scheduler,
    tickMs,
    pass: async (ticks) => {
      const worker = await bench.startWorker({ concurrency: 1 });
      await Bun.sleep(ticks * tickMs);
      await until(isIdle);
      await worker.stop();
    },
    record: async (id) =>
      (await bench.inspector.getTask(id as TaskId)).match(
        (record) => record,
        () => undefined,
      ),
    listSchedules: async () => (await recurring.list())._unsafeUnwrap(),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};
