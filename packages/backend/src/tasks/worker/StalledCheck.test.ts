import { describe, expect, it } from 'bun:test';
import { createStalledCheck, toLongestGapMs } from './StalledCheck';

const INTERVAL_MS = 5000;
const LOCK_MS = 20_000;

/** A clock that moves when told, and a Redis that takes its time or refuses. */
const setup = async () => {
  const state = { nowMs: 0, pingMs: 1, refusal: undefined as Error | undefined };
  const acts: string[] = [];
  const errors: string[] = [];
  const act = (name: string) => async (): Promise<void> => {
    if (state.refusal !== undefined) throw state.refusal;
    acts.push(name);
  };
  const check = createStalledCheck({
    queues: [
      { reclaimLocks: act('reclaim a'), putBackStalled: act('put back a') },
      { reclaimLocks: act('reclaim b'), putBackStalled: act('put back b') },
    ],
    ping: async () => {
      state.nowMs += state.pingMs;
    },
    intervalMs: INTERVAL_MS,
    lockMs: LOCK_MS,
    onError: ({ message }) => errors.push(message),
    now: () => state.nowMs,
  });
  /** One look after an interval, or after so many milliseconds. */
  const look = async (afterMs = INTERVAL_MS): Promise<readonly string[]> => {
    state.nowMs += afterMs;
    acts.length = 0;
    await check.look();
    return [...acts];
  };
  // It looks by itself at its start; its timer never fires within a test.
  await new Promise(setImmediate);
  const first = [...acts];
  return { state, errors, first, look, [Symbol.dispose]: () => check.stop() };
};

const PUT_BACK = ['put back a', 'put back b'];
const RECLAIM = ['reclaim a', 'reclaim b'];

describe('createStalledCheck', () => {
  it('puts stalled tasks of every queue back', async () => {
    using test = await setup();

    expect(await test.look()).toEqual(PUT_BACK);
    expect(await test.look()).toEqual(PUT_BACK);
  });

  it('takes no tasks away at its start: what was before a worker cannot know', async () => {
    using test = await setup();

    expect(test.first).toEqual(RECLAIM);
    expect(await test.look()).toEqual(PUT_BACK);
  });

  it.each([
    ['Redis was silent for a quarter of the lock', LOCK_MS / 4, INTERVAL_MS, PUT_BACK],
    ['Redis was silent for longer than that', LOCK_MS / 4 + 1, INTERVAL_MS, RECLAIM],
    ['this process stood still for longer than that', 0, INTERVAL_MS + LOCK_MS / 4 + 1, RECLAIM],
    ['both together took longer than that', LOCK_MS / 8 + 1, INTERVAL_MS + LOCK_MS / 8, RECLAIM],
  ])('when %s it acts rightly', async (_when, pingMs, afterMs, acts) => {
    using test = await setup();
    test.state.pingMs = 0;
    await test.look();
    test.state.pingMs = pingMs;

    expect(await test.look(afterMs)).toEqual(acts);
  });

  it('takes its own locks back after a silence, and puts tasks back one interval later', async () => {
    using test = await setup();
    await test.look();
    test.state.pingMs = LOCK_MS;
    expect(await test.look()).toEqual(RECLAIM);
    test.state.pingMs = 1;

    expect(await test.look()).toEqual(PUT_BACK);
  });

  it('takes its own locks back before it puts tasks back on a Redis that is always slow', async () => {
    using test = await setup();
    await test.look();
    test.state.pingMs = LOCK_MS;

    expect([await test.look(), await test.look(), await test.look(), await test.look()]).toEqual([
      RECLAIM,
      [...RECLAIM, ...PUT_BACK],
      RECLAIM,
      [...RECLAIM, ...PUT_BACK],
    ]);
  });

  it('takes its own locks back when Redis falls silent in the look after its start', async () => {
    using test = await setup();
    test.state.pingMs = LOCK_MS;

    expect(await test.look()).toEqual([...RECLAIM, ...PUT_BACK]);
  });

  it('takes nothing away once it was stopped, also when it was looking', async () => {
    using test = await setup();
    const looking = test.look();
    test[Symbol.dispose]();

    expect(await looking).toEqual([]);
  });

  it('takes its own locks back after Redis has refused, and says each time that it refuses', async () => {
    using test = await setup();
    test.state.refusal = new Error('OOM');
    expect([await test.look(), await test.look(), await test.look()]).toEqual([[], [], []]);
    expect(test.errors).toEqual(['OOM', 'OOM', 'OOM']);
    test.state.refusal = undefined;

    expect([await test.look(), await test.look()]).toEqual([RECLAIM, PUT_BACK]);
  });
});

describe('toLongestGapMs', () => {
  it.each([
    [5000, 20_000, 10_000],
    [1000, 20_000, 6000],
    [500, 1500, 750],
    [15_000, 20_000, 15_050],
  ])('with an interval of %i ms and a lock of %i ms is %i ms', (intervalMs, lockMs, gapMs) => {
    expect(toLongestGapMs(intervalMs, lockMs)).toBe(gapMs);
  });
});
