import { BENCH, MAX_CRASHES } from '../BenchSettings';
import { type FaultCase } from '../FaultCase';
import { ONCE, scenario, shortTasks } from './scenarioParts';

const { lockMs: LOCK_MS } = BENCH;

/** Handlers that block, throw and return anything. */
export const handlerCases = [
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
          // After the last of its runs: a task beside one of them would move as well.
          { ...shortTasks(10), atMs: (MAX_CRASHES + 2) * 1.5 * LOCK_MS },
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
] satisfies readonly FaultCase[];
