import { BENCH } from '../BenchSettings';
import { type FaultCase } from '../FaultCase';
import {
  afterStartOf,
  anyPhase,
  at,
  longTasks,
  ONCE,
  STOPS,
  scenario,
  shortTasks,
  stubbornTasks,
} from './scenarioParts';

const { lockMs: LOCK_MS } = BENCH;

/** Workers that are asked to stop. */
export const stopCases = [
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
          // All of them run: no fetch is under way whose answer could be lost.
          { ...afterStartOf(19, 50), kind: 'kill-redis', downMs: 4000 },
          {
            ...afterStartOf(19, random.integer(100, 500)),
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
] satisfies readonly FaultCase[];
