import { BENCH } from '../BenchSettings';
import { type FaultCase } from '../FaultCase';
import { type Fault } from '../Scenario';
import {
  anyPhase,
  at,
  delayedTasks,
  longTasks,
  ONCE,
  scenario,
  shortTasks,
  stepTasks,
} from './scenarioParts';

const { lockMs: LOCK_MS } = BENCH;

const killsOfOneTask = (times: number): readonly Fault[] =>
  Array.from({ length: times }, (_, index) => ({
    trigger: { onCall: 0, run: index + 1, afterMs: 20 },
    kind: 'kill-runner' as const,
    restartAfterMs: 100,
  }));

const clocksApart = (aheadMs: number, words: string): FaultCase => ({
  name: `clocks-${words.replace(' ', '')}-apart`,
  summary: `the workers' clock is ${words} ahead of the scheduler's`,
  build: () => ({ ...scenario(2, [shortTasks(), delayedTasks(3000)], []), clockAheadMs: aheadMs }),
});

/** Workers that die, stand still or tell another time. */
export const workerCases = [
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
    name: 'kill-between-steps',
    summary: 'kill -9 of the worker of a task of five steps, twice, at random moments',
    build: (random) =>
      scenario(
        2,
        [stepTasks(1), shortTasks(20)],
        [1, 2].map((run) => ({
          trigger: { onCall: 0, run, afterMs: random.integer(0, 500) },
          kind: 'kill-runner',
          restartAfterMs: 100,
        })),
        { completes: true, keepsSteps: true },
      ),
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
  clocksApart(10_000, '10 s'),
  clocksApart(3_600_000, '1 h'),
] satisfies readonly FaultCase[];
