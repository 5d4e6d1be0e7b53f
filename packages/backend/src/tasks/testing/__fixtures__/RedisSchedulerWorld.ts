import { until } from '@backend/__fixtures__/until';
import { type TaskId } from '../../domain/TaskId';
import { createTaskBench } from '../../worker/__fixtures__/TaskBench';
import { type CreateSchedulerWorld } from './SchedulerWorld';

/** A world on a real Redis, with a real worker that is started whenever time passes. */
export const createRedisSchedulerWorld: CreateSchedulerWorld = async (tasks) => {
  const tickMs = 200;
  const bench = await createTaskBench({ tasks, env: { TASK_BACKOFF_MS: '1000' } });
  const isIdle = async (): Promise<boolean> => {
    const depth = (await bench.inspector.getQueueDepth())._unsafeUnwrap();
    return depth.pending === 0 && depth.running === 0;
  };
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
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};
