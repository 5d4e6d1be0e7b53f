import { awaitResults } from './awaitResults';
import { type Benchmark } from './Benchmark';
import { idleCost } from './idleCost';
import { isolatedAttempts } from './isolatedAttempts';
import { processConcurrency } from './processConcurrency';
import {
  scheduleDeduplicated,
  scheduleInFlight,
  schedulePrioritised,
  scheduleWithLedger,
} from './scheduleInFlight';
import { scheduleMany } from './scheduleMany';
import { scheduleSequential } from './scheduleSequential';
import { startUp } from './startUp';

/** Every benchmark of a run, in its order. A new one is added here and nowhere else. */
export const benchmarks: readonly Benchmark[] = [
  scheduleSequential,
  scheduleInFlight,
  scheduleMany,
  schedulePrioritised,
  scheduleDeduplicated,
  scheduleWithLedger('sqlite'),
  scheduleWithLedger('postgres'),
  processConcurrency({ concurrency: 1, taskCount: 3000 }),
  processConcurrency({ concurrency: 10, taskCount: 10_000 }),
  processConcurrency({ concurrency: 50, taskCount: 30_000, promisedRatio: 0.9 }),
  processConcurrency({ concurrency: 50, taskCount: 10_000, logLevel: 'warn' }),
  processConcurrency({ concurrency: 50, taskCount: 10_000, plainWork: 'bare' }),
  processConcurrency({ concurrency: 50, taskCount: 10_000, isPlainPrioritised: false }),
  processConcurrency({ concurrency: 10, taskCount: 10_000, ledger: 'sqlite' }),
  processConcurrency({ concurrency: 10, taskCount: 10_000, ledger: 'postgres' }),
  processConcurrency({ concurrency: 50, taskCount: 30_000, ledger: 'sqlite', promisedRatio: 0.7 }),
  processConcurrency({ concurrency: 50, taskCount: 30_000, ledger: 'postgres', promisedRatio: 0.5 }),
  isolatedAttempts,
  awaitResults,
  idleCost,
  startUp,
];
