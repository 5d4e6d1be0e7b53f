import { type Benchmark, type LedgerKind, type Metric } from './Benchmark';
import { type Producer } from './contestants/Contestant';
import { contestants } from './contestants/contestants';
import { createPrefix } from './createPrefix';
import { createBenchmarkDatabase } from './databases';

const SPEED: Metric = { name: 'scheduled', unit: 'tasks/s', better: 'higher' };

interface ScheduleBenchmark {
  readonly name: string;
  readonly question: string;
  readonly taskCount: number;
  /** Whether at least 0.9 of the plain side's speed is promised. Default: true. */
  readonly isPromised?: boolean;
  /** Default: `off`. */
  readonly ledger?: LedgerKind;
  /** Schedules all tasks; resolves when Redis has the last one. */
  scheduleAll(producer: Producer, taskCount: number): Promise<void>;
}

/** Defines a benchmark of how fast a warm producer hands tasks to the queue. */
export const defineScheduleBenchmark = ({
  name,
  question,
  taskCount,
  isPromised = true,
  ledger = 'off',
  scheduleAll,
}: ScheduleBenchmark): Benchmark => ({
  name,
  question,
  ledger,
  metrics: [isPromised ? { ...SPEED, promisedRatio: 0.9 } : SPEED],
  measure: async (side, lab) => {
    const { redisUrl } = lab;
    await using database = await createBenchmarkDatabase(side === 'drover' ? ledger : 'off', lab);
    const place = { redisUrl, prefix: createPrefix(), ledgerUrl: database.url };
    await using producer = await contestants[side].createProducer(place);
    const startedAtMs = performance.now();
    await scheduleAll(producer, taskCount);
    return { [SPEED.name]: taskCount / ((performance.now() - startedAtMs) / 1000) };
  },
});
