import { BENCH } from '../BenchSettings';
import { type Random } from '../Random';
import { type Expectation, type Fault, type Load, type Scenario } from '../Scenario';

const { lockMs: LOCK_MS, stalledIntervalMs: INTERVAL_MS } = BENCH;

/** Tasks of 150 ms each, spread evenly; milliseconds. */
export const shortTasks = (count = 40, spreadMs = 2000): Load => ({
  atMs: 0,
  count,
  spreadMs,
  behaviour: { kind: 'sleep', ms: 150 },
});

/** Longer than a lock and a stalled interval, so that a lost lock matters. */
export const longTasks = (count = 3): Load => ({
  atMs: 0,
  count,
  spreadMs: 100,
  behaviour: { kind: 'sleep', ms: LOCK_MS + INTERVAL_MS + 1000 },
});

/** Tasks of five steps, 100 ms each. */
export const stepTasks = (count: number): Load => ({
  atMs: 0,
  count,
  spreadMs: 100,
  behaviour: { kind: 'steps', count: 5, ms: 100 },
});

/** Long tasks that are cancelled while they run, or are about to end. */
export const cancelledTasks = (cancelAfterMs: number, count = 10): Load => ({
  ...longTasks(count),
  cancelAfterMs,
});

/** Ten short tasks that are put off. */
export const delayedTasks = (delayMs: number): Load => ({ ...shortTasks(10, 500), delayMs });

/** Tasks whose handlers do not hear their abort signal. */
export const stubbornTasks = (count = 3): Load => ({
  atMs: 0,
  count,
  spreadMs: 100,
  behaviour: { kind: 'ignore-signal', ms: 5000 },
});

/** A scenario in which every task finds a free slot. */
export const scenario = (
  workerCount: number,
  loads: readonly Load[],
  faults: readonly Fault[],
  expects: Expectation = {},
): Omit<Scenario, 'name' | 'seed'> => ({ workerCount, concurrency: 200, loads, faults, expects });

/** Nothing is run twice. */
export const ONCE: Expectation = { maxExtraRuns: 0 };

/** A worker that is asked to stop does so well, in the time that docs/lifecycle.md promises. */
export const STOPS: Expectation = { stop: { code: 0, withinMs: BENCH.drainTimeoutMs + 2000 } };

/** A moment of the scenario; milliseconds after its start. */
export const at = (atMs: number): { readonly trigger: { readonly atMs: number } } => ({ trigger: { atMs } });

/** A moment of the first run of a call; milliseconds after its start. */
export const afterStartOf = (
  onCall: number,
  afterMs: number,
): { readonly trigger: { readonly onCall: number; readonly run: number; readonly afterMs: number } } => ({
  trigger: { onCall, run: 1, afterMs },
});

/** A moment of the load, the first instants included. */
export const anyPhase = (random: Random) => at(random.integer(0, 2200));
