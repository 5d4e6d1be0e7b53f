import { BENCH } from '../BenchSettings';
import { type FaultCase } from '../FaultCase';
import { anyPhase, at, delayedTasks, longTasks, ONCE, scenario, shortTasks } from './scenarioParts';

const { lockMs: LOCK_MS } = BENCH;

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
      // Among several workers a task may move to another one when its lock has lapsed.
      workerCount === 1 || locks < 1 ? ONCE : {},
    ),
});

/** A Redis that is gone, stands still, refuses or loses what it has. */
export const redisCases = [
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
] satisfies readonly FaultCase[];
