import { type FaultCase } from './FaultCase';
import { type Random } from './Random';
import { type Fault, type Load, type Scenario } from './Scenario';

/** Several faults at once, at random moments: what no single case has thought of. */
export const mixedCase: FaultCase = {
  name: 'mixed',
  summary: 'two to five faults at random moments',
  build: (random): Omit<Scenario, 'name' | 'seed'> => {
    const workerCount = random.integer(1, 3);
    return {
      workerCount,
      concurrency: random.pick([50, 200]),
      loads: Array.from({ length: random.integer(1, 3) }, () => randomLoad(random)),
      faults: Array.from({ length: random.integer(2, 5) }, () => randomFault(random, workerCount)),
    };
  },
};

const randomLoad = (random: Random): Load => {
  const ms = random.pick([5, 100, 300, 2500]);
  return {
    atMs: random.integer(0, 1500),
    // Few long tasks: they would only wait for each other.
    count: ms > 1000 ? random.integer(1, 4) : random.integer(5, 60),
    spreadMs: random.integer(0, 3000),
    behaviour: random.pick([
      { kind: 'sleep', ms },
      { kind: 'sleep', ms },
      { kind: 'ignore-signal', ms },
      { kind: 'fail', ms, times: random.integer(1, 2) },
    ] as const),
    ...(random.integer(1, 4) === 1 ? { delayMs: random.integer(1, 3000) } : {}),
  };
};

const randomFault = (random: Random, workerCount: number): Fault => {
  const trigger = { atMs: random.integer(0, 4000) };
  const worker = random.integer(0, workerCount - 1);
  const restartAfterMs = random.integer(0, 1000);
  const forMs = random.integer(200, 4000);
  return random.pick<() => Fault>([
    () => ({ trigger, kind: 'kill-worker', worker, restartAfterMs }),
    () => ({ trigger, kind: 'stop-worker', worker, signals: random.pick([1, 1, 2]), restartAfterMs }),
    () => ({ trigger, kind: 'suspend-worker', worker, forMs }),
    () => ({ trigger, kind: 'add-worker' }),
    () => ({ trigger, kind: 'kill-redis', downMs: forMs }),
    () => ({ trigger, kind: 'suspend-redis', forMs }),
    () => ({ trigger, kind: 'load-slowly', forMs }),
    () => ({ trigger, kind: 'read-only', forMs }),
    () => ({ trigger, kind: 'out-of-memory', forMs }),
    () => ({ trigger, kind: 'drop-locks' }),
    () => ({
      trigger,
      kind: 'lose-reply',
      of: random.pick(['add', 'fetch', 'completion']),
      nth: random.integer(1, 10),
    }),
    () => ({
      trigger,
      kind: 'bad-network',
      latencyMs: random.integer(0, 300),
      resetPercent: random.integer(0, 10),
      forMs,
    }),
  ])();
};
