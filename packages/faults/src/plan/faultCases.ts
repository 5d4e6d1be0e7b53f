import { BENCH } from './BenchSettings';
import { type Random } from './Random';
import { type Expectation, type Fault, type Load, type ReplyKind, type Scenario } from './Scenario';

/** One kind of trouble, and how a seed makes a scenario of it. */
export interface FaultCase {
  readonly name: string;
  /** What goes wrong, in words. */
  readonly summary: string;
  build(random: Random): Omit<Scenario, 'name' | 'seed'>;
}

const { lockMs: LOCK_MS, stalledIntervalMs: INTERVAL_MS } = BENCH;

const shortTasks = (count = 40, spreadMs = 2000): Load => ({
  atMs: 0,
  count,
  spreadMs,
  behaviour: { kind: 'sleep', ms: 150 },
});

/** Longer than a lock and a stalled interval, so that a lost lock matters. */
const longTasks = (count = 3): Load => ({
  atMs: 0,
  count,
  spreadMs: 100,
  behaviour: { kind: 'sleep', ms: LOCK_MS + INTERVAL_MS + 1000 },
});

const delayedTasks = (delayMs: number): Load => ({ ...shortTasks(10, 500), delayMs });

const stubbornTasks = (count = 3): Load => ({
  atMs: 0,
  count,
  spreadMs: 100,
  behaviour: { kind: 'ignore-signal', ms: 5000 },
});

const scenario = (
  workerCount: number,
  loads: readonly Load[],
  faults: readonly Fault[],
  expects: Expectation = {},
): Omit<Scenario, 'name' | 'seed'> => ({ workerCount, concurrency: 200, loads, faults, expects });

/** Nothing is run twice. */
const ONCE: Expectation = { maxExtraRuns: 0 };

/** A worker that is asked to stop does so well, in the time that docs/lifecycle.md promises. */
const STOPS: Expectation = { stop: { code: 0, withinMs: BENCH.drainTimeoutMs + 2000 } };

const at = (atMs: number): { readonly trigger: { readonly atMs: number } } => ({ trigger: { atMs } });

/** A moment of the load, the first instants included. */
const anyPhase = (random: Random) => at(random.integer(0, 2200));

const killsOfOneTask = (times: number): readonly Fault[] =>
  Array.from({ length: times }, (_, index) => ({
    trigger: { onCall: 0, run: index + 1, afterMs: 20 },
    kind: 'kill-runner' as const,
    restartAfterMs: 100,
  }));

const redisGone = (downMs: number, workerCount: 1 | 2): FaultCase => ({
  name: `redis-gone-${downMs / 1000}s`,
  summary: `Redis killed and gone for ${downMs / 1000} s, with ${workers(workerCount)}`,
  build: (random) =>
    scenario(
      workerCount,
      [shortTasks(), longTasks(), delayedTasks(1500), { ...shortTasks(10), atMs: downMs + 1000 }],
      [{ ...anyPhase(random), kind: 'kill-redis', downMs }],
      workerCount === 1 ? ONCE : {},
    ),
});

const workers = (count: number): string => (count === 1 ? 'one worker' : `${count} workers`);

const redisSuspended = (locks: number, workerCount: number): FaultCase => ({
  name: `redis-suspended-${locks < 1 ? 'short' : 'long'}-${workerCount}-worker${workerCount === 1 ? '' : 's'}`,
  summary: `Redis stopped with SIGSTOP for ${locks} locks while long tasks run on ${workers(workerCount)}`,
  build: (random) =>
    scenario(
      workerCount,
      [longTasks(), shortTasks(20)],
      [{ ...at(random.integer(200, 1200)), kind: 'suspend-redis', forMs: locks * LOCK_MS }],
      workerCount === 1 || locks < 1 ? ONCE : {},
    ),
});

const lostReply = (of: ReplyKind): FaultCase => ({
  name: `lost-reply-${of}`,
  summary: `the reply of ${of === 'add' ? 'an' : 'a'} ${of} is lost with its connection`,
  build: (random) =>
    scenario(
      2,
      [shortTasks()],
      [
        { ...at(0), kind: 'lose-reply', of, nth: random.integer(1, 15) },
        { ...at(1000), kind: 'lose-reply', of, nth: random.integer(1, 10) },
      ],
      { ...ONCE, acknowledgesFromMs: 0 },
    ),
});

const clocksApart = (aheadMs: number, words: string): FaultCase => ({
  name: `clocks-${words.replace(' ', '')}-apart`,
  summary: `the workers' clock is ${words} ahead of the scheduler's`,
  build: () => ({ ...scenario(2, [shortTasks(), delayedTasks(3000)], []), clockAheadMs: aheadMs }),
});

/** Every fault of the bench, one case for each. */
export const faultCases: readonly FaultCase[] = Object.freeze([
  {
    name: 'kill-only-worker',
    summary: 'kill -9 of the only worker at a random moment; started again',
    build: (random) =>
      scenario(
        1,
        [shortTasks(), longTasks()],
        [{ ...anyPhase(random), kind: 'kill-worker', worker: 0, restartAfterMs: random.integer(0, 500) }],
      ),
  },
  {
    name: 'kill-one-of-two',
    summary: 'kill -9 of one of two workers at a random moment',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(), delayedTasks(1500)],
        [{ ...anyPhase(random), kind: 'kill-worker', worker: 0, restartAfterMs: undefined }],
      ),
  },
  {
    name: 'kill-task-twice',
    summary: 'kill -9 of the worker of one task, twice',
    build: () => scenario(2, [longTasks(1), shortTasks(20)], killsOfOneTask(2), { completes: true }),
  },
  {
    name: 'kill-task-three-times',
    summary: 'kill -9 of the worker of one task, three times',
    build: () =>
      scenario(2, [{ ...longTasks(1), maxAttempts: 10 }, shortTasks(20)], killsOfOneTask(3), {
        failsAs: 'crash-loop',
      }),
  },
  {
    name: 'rolling-restarts',
    summary: 'five rounds of SIGTERM and start under 2,000 short tasks on two workers',
    build: (random) => ({
      workerCount: 2,
      concurrency: 20,
      isBacklog: true,
      expects: ONCE,
      loads: [{ ...shortTasks(2000, 6000), behaviour: { kind: 'sleep', ms: 20 } }],
      faults: [{ ...at(random.integer(0, 1000)), kind: 'rolling-restart', rounds: 5 }],
    }),
  },
  {
    name: 'stop-short-tasks',
    summary: 'SIGTERM while short tasks run',
    build: (random) =>
      scenario(
        1,
        [shortTasks()],
        [{ ...anyPhase(random), kind: 'stop-worker', worker: 0, signals: 1, restartAfterMs: 0 }],
        { ...STOPS, ...ONCE, usesOneAttempt: true },
      ),
  },
  {
    name: 'stop-stubborn-tasks',
    summary: 'SIGTERM while handlers ignore their signal; another worker goes on',
    build: (random) =>
      scenario(
        2,
        [stubbornTasks(6), shortTasks(20)],
        [
          {
            ...at(random.integer(200, 1500)),
            kind: 'stop-worker',
            worker: 0,
            signals: 1,
            restartAfterMs: undefined,
          },
        ],
        { ...STOPS, usesOneAttempt: true },
      ),
  },
  {
    name: 'stop-redis-gone-idle',
    summary: 'SIGTERM of an idle worker while Redis is gone',
    build: () =>
      scenario(
        1,
        [{ ...shortTasks(5, 100), atMs: 7000 }],
        [
          { ...at(0), kind: 'kill-redis', downMs: 6000 },
          { ...at(1000), kind: 'stop-worker', worker: 0, signals: 1, restartAfterMs: 0 },
        ],
        { ...STOPS, ...ONCE },
      ),
  },
  {
    name: 'stop-redis-gone-busy',
    summary: 'SIGTERM of a busy worker while Redis is gone',
    build: (random) =>
      scenario(
        1,
        [stubbornTasks(), longTasks()],
        [
          { ...at(600), kind: 'kill-redis', downMs: 6000 },
          {
            ...at(random.integer(700, 2500)),
            kind: 'stop-worker',
            worker: 0,
            signals: 1,
            restartAfterMs: 0,
          },
        ],
        STOPS,
      ),
  },
  {
    name: 'stop-redis-never-up',
    summary: 'SIGTERM of a worker that was started while Redis is gone',
    build: () =>
      scenario(
        1,
        [shortTasks(5, 100), { ...shortTasks(5, 100), atMs: 7000 }],
        [
          { ...at(300), kind: 'kill-redis', downMs: 5500 },
          { ...at(500), kind: 'add-worker' },
          { ...at(4200), kind: 'stop-worker', worker: 1, signals: 1, restartAfterMs: undefined },
        ],
        { ...STOPS, ...ONCE },
      ),
  },
  {
    name: 'stop-suspended',
    summary: 'SIGTERM of the only worker while it is stopped with SIGSTOP for two locks',
    build: (random) => {
      const atMs = random.integer(200, 1200);
      return scenario(
        1,
        [shortTasks(20), longTasks()],
        [
          { ...at(atMs), kind: 'suspend-worker', worker: 0, forMs: 2 * LOCK_MS },
          { ...at(atMs + 300), kind: 'stop-worker', worker: 0, signals: 1, restartAfterMs: 0 },
        ],
        ONCE,
      );
    },
  },
  {
    name: 'stop-blocked',
    summary: 'SIGTERM of the only worker while a handler blocks its event loop for 1.5 locks',
    build: () =>
      scenario(
        1,
        [
          { atMs: 0, count: 1, spreadMs: 0, behaviour: { kind: 'block', ms: 1.5 * LOCK_MS } },
          { ...shortTasks(10), atMs: 4000 },
        ],
        [{ ...at(500), kind: 'stop-worker', worker: 0, signals: 1, restartAfterMs: 0 }],
        ONCE,
      ),
  },
  {
    name: 'stop-redis-suspended',
    summary: 'SIGTERM of the only worker right after Redis was stopped with SIGSTOP for two locks',
    build: (random) => {
      const atMs = random.integer(200, 1200);
      return scenario(
        1,
        [shortTasks(20), longTasks()],
        [
          { ...at(atMs), kind: 'suspend-redis', forMs: 2 * LOCK_MS },
          {
            ...at(atMs + 2 * LOCK_MS + random.integer(-200, 200)),
            kind: 'stop-worker',
            worker: 0,
            signals: 1,
            restartAfterMs: 0,
          },
        ],
        { ...STOPS, ...ONCE },
      );
    },
  },
  {
    name: 'stop-redis-back-in-time',
    summary: 'SIGTERM of the only worker while Redis is gone, which is back before the worker has drained',
    build: (random) => ({
      ...scenario(
        1,
        [{ ...shortTasks(20, 200), behaviour: { kind: 'sleep', ms: 600 } }],
        [
          { ...at(400), kind: 'kill-redis', downMs: 4000 },
          {
            ...at(random.integer(450, 900)),
            kind: 'stop-worker',
            worker: 0,
            signals: 1,
            restartAfterMs: 0,
          },
        ],
        { ...ONCE, usesOneAttempt: true, stop: { code: 0, withinMs: 10_000 } },
      ),
      drainTimeoutMs: 8000,
    }),
  },
  {
    name: 'stop-twice',
    summary: 'SIGTERM twice while long tasks run',
    build: (random) =>
      scenario(
        1,
        [longTasks(), shortTasks(20)],
        [
          {
            ...at(random.integer(300, 1500)),
            kind: 'stop-worker',
            worker: 0,
            signals: 2,
            restartAfterMs: 0,
          },
        ],
        { stop: { code: 1, withinMs: 1000 } },
      ),
  },
  {
    name: 'redis-killed',
    summary: 'Redis killed and started again three times at random moments',
    build: (random) =>
      scenario(
        2,
        [shortTasks(60, 3000), longTasks()],
        Array.from({ length: 3 }, (_, index) => ({
          ...at(index * 1000 + random.integer(0, 800)),
          kind: 'kill-redis' as const,
          downMs: random.integer(20, 600),
        })),
      ),
  },
  redisGone(3000, 2),
  redisGone(12_000, 1),
  redisGone(45_000, 2),
  redisSuspended(0.6, 1),
  redisSuspended(2, 1),
  redisSuspended(0.6, 3),
  redisSuspended(2, 3),
  {
    name: 'redis-loads-slowly',
    summary: 'Redis killed; its start answers LOADING for 5 s',
    build: (random) =>
      scenario(
        1,
        [shortTasks(), longTasks()],
        [{ ...anyPhase(random), kind: 'load-slowly', forMs: 5000 }],
        ONCE,
      ),
  },
  {
    name: 'redis-read-only',
    summary: 'Redis refuses writes for 3 s',
    build: (random) =>
      scenario(
        1,
        [shortTasks(), longTasks()],
        [{ ...anyPhase(random), kind: 'read-only', forMs: 3000 }],
        ONCE,
      ),
  },
  {
    name: 'redis-out-of-memory',
    summary: 'Redis is out of memory for 3 s',
    build: (random) =>
      scenario(
        1,
        [shortTasks(), longTasks()],
        [{ ...anyPhase(random), kind: 'out-of-memory', forMs: 3000 }],
        ONCE,
      ),
  },
  {
    name: 'locks-vanish',
    summary: 'the locks of running tasks vanish, forty times within two seconds, on one worker',
    build: (random) =>
      scenario(
        1,
        [longTasks(10), shortTasks(20)],
        Array.from({ length: 40 }, (_, index) => ({
          ...at(300 + index * 50 + random.integer(0, 20)),
          kind: 'drop-locks' as const,
        })),
        ONCE,
      ),
  },
  {
    name: 'locks-vanish-3-workers',
    summary: 'the locks of running tasks vanish, on three workers',
    build: (random) =>
      scenario(
        3,
        [longTasks(10), shortTasks(20)],
        [{ ...at(random.integer(300, 2500)), kind: 'drop-locks' }],
      ),
  },
  {
    name: 'redis-flushed',
    summary: 'FLUSHALL while tasks wait, are put off and run',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(), delayedTasks(3000), { ...shortTasks(10), atMs: 4000 }],
        [{ ...anyPhase(random), kind: 'flush' }],
      ),
  },
  {
    name: 'redis-lost-its-data',
    summary: 'Redis killed and started with nothing',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(), delayedTasks(3000), { ...shortTasks(10), atMs: 5000 }],
        [{ ...anyPhase(random), kind: 'lose-data', downMs: 300 }],
      ),
  },
  lostReply('add'),
  lostReply('fetch'),
  lostReply('completion'),
  {
    name: 'bad-network',
    summary: '200 ms latency and 5 % of the packets reset their connection, for 5 s',
    build: () =>
      scenario(
        2,
        [shortTasks(40, 4000), longTasks()],
        [{ ...at(0), kind: 'bad-network', latencyMs: 200, resetPercent: 5, forMs: 5000 }],
      ),
  },
  {
    name: 'swallowed-idle',
    summary: 'the network swallows everything for 7 s while workers are idle',
    build: () =>
      scenario(
        2,
        [
          { ...shortTasks(10), atMs: 8000 },
          // When the silence has been noticed.
          { ...shortTasks(10), atMs: 21_000 },
        ],
        [{ ...at(300), kind: 'swallow', forMs: 7000 }],
        { ...ONCE, acknowledgesFromMs: 21_000 },
      ),
  },
  {
    name: 'swallowed-busy',
    summary: 'the network swallows everything for 7 s while tasks run',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(), { ...shortTasks(10), atMs: 8000 }],
        [{ ...anyPhase(random), kind: 'swallow', forMs: 7000 }],
      ),
  },
  {
    name: 'worker-suspended',
    summary: 'a worker stopped with SIGSTOP for three locks, beside another',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(6)],
        [{ ...anyPhase(random), kind: 'suspend-worker', worker: 0, forMs: 3 * LOCK_MS }],
      ),
  },
  {
    name: 'only-worker-suspended',
    summary: 'the only worker stopped with SIGSTOP for three locks',
    build: (random) =>
      scenario(
        1,
        [shortTasks(), longTasks()],
        [{ ...anyPhase(random), kind: 'suspend-worker', worker: 0, forMs: 3 * LOCK_MS }],
        ONCE,
      ),
  },
  {
    name: 'event-loop-blocked',
    summary: 'a handler blocks the only event loop for 1.5 locks',
    build: () =>
      scenario(
        1,
        [
          { atMs: 0, count: 1, spreadMs: 0, behaviour: { kind: 'block', ms: 1.5 * LOCK_MS } },
          { ...shortTasks(10), atMs: 4000 },
        ],
        [],
        ONCE,
      ),
  },
  {
    name: 'event-loop-blocked-2-workers',
    summary: 'a handler blocks the event loop for 1.5 locks, beside another worker',
    build: () =>
      scenario(
        2,
        [
          { atMs: 0, count: 1, spreadMs: 0, behaviour: { kind: 'block', ms: 1.5 * LOCK_MS } },
          { ...shortTasks(10), atMs: 4000 },
        ],
        [],
      ),
  },
  {
    name: 'stray-errors',
    summary: 'handlers throw from timers and drop promises that reject',
    build: () =>
      scenario(1, [{ ...shortTasks(10, 1000), behaviour: { kind: 'stray', ms: 100 } }, shortTasks()], []),
  },
  {
    name: 'anything-returned-or-thrown',
    summary: 'handlers that return, throw and reject with everything',
    build: (random) =>
      scenario(
        1,
        [
          { ...shortTasks(60, 1500), behaviour: { kind: 'generated', seed: random.integer(0, 1_000_000) } },
          shortTasks(),
        ],
        [],
        { endsAsDocumented: true },
      ),
  },
  clocksApart(10_000, '10 s'),
  clocksApart(3_600_000, '1 h'),
] satisfies readonly FaultCase[]);
