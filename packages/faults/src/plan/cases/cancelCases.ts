import { BENCH } from '../BenchSettings';
import { type FaultCase } from '../FaultCase';
import { at, cancelledTasks, scenario, shortTasks } from './scenarioParts';

/** When the tasks are cancelled, about; milliseconds. */
const CANCELLED_AT_MS = 800;

/** Tasks that are cancelled while they run, and something that keeps their workers from hearing of it. */
export const cancelCases = [
  {
    name: 'cancel-worker-killed',
    summary: 'running tasks are cancelled while one of two workers is killed; started again',
    build: (random) =>
      scenario(
        2,
        [cancelledTasks(CANCELLED_AT_MS), shortTasks()],
        [
          {
            ...at(CANCELLED_AT_MS + random.integer(-100, 100)),
            kind: 'kill-worker',
            worker: 0,
            restartAfterMs: random.integer(0, 500),
          },
        ],
      ),
  },
  {
    name: 'cancel-worker-suspended',
    summary: 'running tasks are cancelled while one of two workers is stopped with SIGSTOP for two locks',
    build: (random) =>
      scenario(
        2,
        [cancelledTasks(CANCELLED_AT_MS), shortTasks()],
        [
          {
            ...at(CANCELLED_AT_MS + random.integer(-300, 100)),
            kind: 'suspend-worker',
            worker: 0,
            forMs: 2 * BENCH.lockMs,
          },
        ],
      ),
  },
  {
    name: 'cancel-redis-killed',
    summary: 'running tasks are cancelled while Redis is killed; started again',
    build: (random) =>
      scenario(
        2,
        [cancelledTasks(CANCELLED_AT_MS), shortTasks()],
        [
          {
            ...at(CANCELLED_AT_MS + random.integer(-300, 100)),
            kind: 'kill-redis',
            downMs: random.integer(20, 600),
          },
        ],
      ),
  },
] satisfies readonly FaultCase[];
