import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { createCommitWatch } from './CommitWatch';
import { LedgerError } from './LedgerError';

/** A watch with a clock of its own; `there` are the tasks that are committed. */
const setup = () => {
  const state = {
    nowMs: 0,
    isAway: false,
    timer: undefined as { act(): void; atMs: number } | undefined,
    atEnd: undefined as (() => void) | undefined,
  };
  const there = new Set<TaskId>();
  const committed: (readonly [ids: readonly TaskId[], atMs: number])[] = [];
  const looks: (readonly TaskId[])[] = [];
  const watch = createCommitWatch({
    outbox: {
      listCommitted: async (ids) => {
        looks.push(ids);
        if (state.isAway) return err(new LedgerError('away', { code: 'ledger-unavailable' }));
        return ok(ids.filter((id) => there.has(id)));
      },
    },
    onCommitted: (ids) => committed.push([ids, state.nowMs]),
    now: () => state.nowMs,
    atEnd: (act) => {
      state.atEnd = act;
      return () => {
        state.atEnd = undefined;
      };
    },
    later: (act, delayMs) => {
      const timer = { act, atMs: state.nowMs + delayMs };
      state.timer = timer;
      return () => {
        if (state.timer === timer) state.timer = undefined;
      };
    },
  });
  /** Lets time pass, timer by timer. */
  const passUntil = async (endMs: number): Promise<void> => {
    for (let timer = state.timer; timer !== undefined && timer.atMs <= endMs; timer = state.timer) {
      state.timer = undefined;
      state.nowMs = timer.atMs;
      timer.act();
      await new Promise((resolve) => setImmediate(resolve));
    }
    state.nowMs = endMs;
  };
  return { watch, there, committed, looks, state, passUntil };
};

describe('createCommitWatch', () => {
  it.each([
    [3, 1],
    [100, 10],
    [1000, 66],
    [50_000, 100],
  ])('notices after %i ms that a transaction is committed, at most %i ms late', async (takenMs, lateMs) => {
    const { watch, there, committed, state, passUntil } = setup();
    const id = TaskId();
    watch.watch(id);
    await passUntil(takenMs);
    there.add(id);
    await passUntil(takenMs + lateMs);

    expect(committed.map(([ids]) => ids)).toEqual([[id]]);
    expect(state.timer).toBeUndefined();
  });

  it('looks for all that is due in one query', async () => {
    const { watch, looks, passUntil } = setup();
    const [one, other] = [TaskId(), TaskId()];
    watch.watch(one);
    watch.watch(other);
    await passUntil(1);

    expect(looks).toEqual([[one, other]]);
  });

  it('finds the new ones soon, however long others take', async () => {
    const { watch, there, committed, passUntil } = setup();
    const [old, young] = [TaskId(), TaskId()];
    watch.watch(old);
    await passUntil(30_000);
    there.add(young);
    watch.watch(young);
    await passUntil(30_001);

    expect(committed).toEqual([[[young], 30_001]]);
  });

  it('gives up quietly on what was not committed within a minute, after few looks', async () => {
    const { watch, looks, committed, state, passUntil } = setup();
    watch.watch(TaskId());
    await passUntil(61_000);

    expect([committed.length, state.timer]).toEqual([0, undefined]);
    expect(looks.length).toBeLessThan(700);
  });

  it('looks again when the ledger was away', async () => {
    const { watch, there, committed, state, passUntil } = setup();
    const id = TaskId();
    there.add(id);
    state.isAway = true;
    watch.watch(id);
    await passUntil(20);
    state.isAway = false;
    await passUntil(25);

    expect(committed.map(([ids]) => ids)).toEqual([[id]]);
  });

  it('looks once for all when the process has nothing else to do', async () => {
    const { watch, there, looks, committed, state, passUntil } = setup();
    const [one, other] = [TaskId(), TaskId()];
    watch.watch(one);
    watch.watch(other);
    there.add(one);
    state.atEnd?.();
    await passUntil(0);
    await new Promise((resolve) => setImmediate(resolve));
    await passUntil(60_000);

    expect([looks, committed]).toEqual([[[one, other]], [[[one], 0]]]);
  });

  it('wants nothing of the end of a process when everything is committed', async () => {
    const { watch, there, state, passUntil } = setup();
    const id = TaskId();
    there.add(id);
    watch.watch(id);
    const before = state.atEnd;
    await passUntil(5);

    expect([before, state.atEnd]).toEqual([expect.any(Function), undefined]);
  });

  it('looks for nothing after its stop', async () => {
    const { watch, looks, state, passUntil } = setup();
    watch.watch(TaskId());
    watch.stop();
    watch.watch(TaskId());
    await passUntil(10);

    expect([looks, state.timer]).toEqual([[], undefined]);
  });
});
