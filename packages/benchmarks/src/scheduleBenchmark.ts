import { type Benchmark, type Metric } from './Benchmark';
import { type Producer } from './contestants/Contestant';
import { contestants } from './contestants/contestants';
import { createPrefix } from './createPrefix';

const SPEED: Metric = { name: 'scheduled', unit: 'tasks/s', better: 'higher' };

interface ScheduleBenchmark {
  readonly name: string;
  readonly question: string;
  readonly taskCount: number;
  /** Whether at least 0.9 of the plain side's speed is promised. Default: true. */
  readonly isPromised?: boolean;
  /** Schedules all tasks; resolves when Redis has the last one. */
  scheduleAll(producer: Producer, taskCount: number): Promise<void>;
}

/** Defines a benchmark of how fast a warm producer hands tasks to the queue. */
export const defineScheduleBenchmark = ({
  name,
  question,
  taskCount,
  isPromised = true,
  scheduleAll,
}: ScheduleBenchmark): Benchmark => ({
  name,
  question,
  metrics: [isPromised ? { ...SPEED, promisedRatio: 0.9 } : SPEED],
  measure: async (side, { redisUrl }) => {
    await using producer = await contestants[side].createProducer({ redisUrl, prefix: createPrefix() });
    const startedAtMs = performance.now();
    await scheduleAll(producer, taskCount);
    return { [SPEED.name]: taskCount / ((performance.now() - startedAtMs) / 1000) };
  },
});
