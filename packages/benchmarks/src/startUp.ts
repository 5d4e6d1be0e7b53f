import { type Benchmark, type Lab, type Metric, type Side } from './Benchmark';
import { startChildWorker } from './children/ChildWorker';
import { createPrefix } from './createPrefix';
import { preloadTasks } from './waitingTasks';

const TASK_COUNTS = [1, 50] as const;

const toMetric = (taskCount: number): Metric => ({
  name: `${taskCount} ${taskCount === 1 ? 'task' : 'tasks'}`,
  unit: 'ms',
  better: 'lower',
});

/** How long a deployment waits: from the start of the process until it runs a task that waits. */
export const startUp: Benchmark = {
  name: 'startUp',
  question: 'How long after its start does a worker process run a waiting task?',
  metrics: TASK_COUNTS.map(toMetric),
  measure: async (side, lab) => {
    const sample: Record<string, number> = {};
    for (const taskCount of TASK_COUNTS) {
      sample[toMetric(taskCount).name] = await measureStart(side, lab, taskCount);
    }
    return sample;
  },
};

const measureStart = async (side: Side, { redisUrl, observer }: Lab, taskCount: number): Promise<number> => {
  const prefix = createPrefix();
  await preloadTasks({ client: observer, place: { redisUrl, prefix }, taskCount: 1 });
  const startedAtMs = performance.now();
  await using child = startChildWorker(side, { redisUrl, prefix, taskCount });
  await child.next('task-ran');
  return performance.now() - startedAtMs;
};
