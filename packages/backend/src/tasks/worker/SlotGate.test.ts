import { afterEach, describe, expect, it, jest } from 'bun:test';
import { type Glance } from '../queue/glance';
import { type Grant } from '../queue/QueueSlots';
import { createSlotGate } from './SlotGate';

afterEach(() => {
  jest.useRealTimers();
});

const glanceAt = (jobPriority: number): Glance => ({
  next: { jobPriority, dueAtMs: 0, id: 'a' },
  limitMs: 0,
  delayUntilMs: 0,
});

/** A gate whose queues answer what they are given; `granted` are the names in the order in which they got a slot. */
const setup = ({ slotCount = 1, names = ['low', 'high'], maxSuspended = 1000 } = {}) => {
  jest.useFakeTimers();
  const gate = createSlotGate({
    slotCount,
    queueCount: names.length,
    agingMs: 0,
    maxSuspended,
    now: Date.now,
  });
  const granted: string[] = [];
  const refused: string[] = [];
  const grants: Grant[] = [];
  const join = (name: string, look: () => Promise<Glance>) => {
    const slots = gate.join({ taskName: name, look });
    const ask = (glance = glanceAt(91)) => {
      void slots.take(glance).then((grant) => {
        (grant === undefined ? refused : granted).push(name);
        if (grant !== undefined) grants.push(grant);
      });
    };
    return { ...slots, ask };
  };
  /** Lets promises settle and immediates run. */
  const turn = async () => {
    for (let count = 0; count < 20; count += 1) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 20; count += 1) await Promise.resolve();
  };
  const low = join('low', async () => glanceAt(91));
  const high = join('high', async () => glanceAt(26));
  const fetched = () => grants.shift()?.fetched();
  return { gate, low, high, join, granted, refused, fetched, turn };
};

describe('createSlotGate', () => {
  it('hands out nothing before every queue has asked or passed', async () => {
    const { low, high, granted, turn } = setup({ slotCount: 5 });
    const isTaken = low.tryTake();
    low.ask();
    await turn();
    const before = [...granted];
    high.pass();
    await turn();

    expect([isTaken, before, granted]).toEqual([false, [], ['low']]);
  });

  it('waits for queues that do not ask for a moment only', async () => {
    const { low, granted, turn } = setup();
    low.ask();
    jest.advanceTimersByTime(250);
    await turn();

    expect(granted).toEqual(['low']);
  });

  it('serves a single queue without a look', () => {
    const { low } = setup({ names: ['low'] });

    expect([low.tryTake(), low.tryTake(), low.canKeep()]).toEqual([true, false, true]);
  });

  it('gives a slot that gets free to the best task, and the next one when it was fetched', async () => {
    const { low, high, granted, fetched, turn } = setup({ slotCount: 2 });
    for (const queue of [low, high]) queue.pass();
    low.tryTake();
    low.tryTake();
    low.ask();
    high.ask(glanceAt(26));
    await turn();
    expect([granted, low.canKeep()]).toEqual([[], false]);

    low.giveBack();
    low.giveBack();
    await turn();
    expect(granted).toEqual(['high']);

    fetched();
    await turn();
    expect(granted).toEqual(['high', 'low']);
  });

  it('holds a slot for the queue whose task has just ended, if that has the best one, until it asks', async () => {
    const { low, high, granted, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    high.tryTake();
    low.ask();
    high.taskEnded();
    await turn();
    expect(granted).toEqual([]);

    high.ask(glanceAt(26));
    await turn();
    expect(granted).toEqual(['high']);
  });

  it('does not hold it when that queue never asks', async () => {
    const { low, high, granted, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    high.tryTake();
    low.ask();
    high.taskEnded();
    await turn();
    jest.advanceTimersByTime(50);
    await turn();

    expect(granted).toEqual(['low']);
  });

  it('goes on after a second without an answer to a fetch, whose late answer then changes nothing', async () => {
    const { low, high, granted, fetched, turn } = setup({ slotCount: 2 });
    low.ask();
    high.ask();
    await turn();
    expect(granted.length).toBe(1);

    jest.advanceTimersByTime(1000);
    await turn();
    expect(granted.toSorted()).toEqual(['high', 'low']);

    fetched();
    await turn();
    expect([low.tryTake(), high.tryTake()]).toEqual([false, false]);
  });

  it('looks once at a queue that does not answer, however long', async () => {
    let lookCount = 0;
    const { gate, join, low, turn } = setup();
    const silent = join('silent', () => {
      lookCount += 1;
      return new Promise<never>(() => undefined);
    });
    for (const queue of [low, silent]) queue.pass();
    low.tryTake();
    silent.ask();
    low.ask();
    jest.advanceTimersByTime(100); // what was seen is no longer fresh
    low.giveBack();
    for (let second = 0; second < 10; second += 1) {
      await turn();
      jest.advanceTimersByTime(1000);
    }

    expect(lookCount).toBe(1);
    gate.shut();
  });

  it('chooses somebody when Redis does not let it look', async () => {
    const { gate, join, low, granted, turn } = setup();
    const broken = join('broken', () => Promise.reject(new Error('Redis is away')));
    for (const queue of [low, broken]) queue.pass();
    low.tryTake();
    broken.ask();
    low.taskEnded();
    jest.advanceTimersByTime(30);
    await turn();
    jest.advanceTimersByTime(50);
    await turn();

    expect(granted).toEqual(['broken']);
    gate.shut();
  });

  it('sends everybody away when it is shut, and serves again when it is opened', async () => {
    const { gate, low, high, granted, refused, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    low.tryTake();
    high.ask();
    gate.shut();
    low.ask();
    await turn();
    expect([refused, low.canKeep()]).toEqual([['high', 'low'], false]);

    low.giveBack();
    gate.open();
    high.ask();
    await turn();
    expect(granted).toEqual(['high']);
  });

  it('sends a queue away that has something else to do', async () => {
    const { low, high, refused, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    low.tryTake();
    high.ask();
    high.leave();
    await turn();

    expect(refused).toEqual(['high']);
  });

  it('hands the slot of a suspended task on, and the next one that is free back to it first', async () => {
    const { low, high, granted, fetched, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    low.tryTake();
    const suspension = low.suspend([]);
    high.ask(glanceAt(26));
    await turn();
    fetched();
    await turn();
    let hasSlot = false;
    void suspension.regain().then(() => {
      hasSlot = true;
    });
    high.ask(glanceAt(26));
    await turn();
    const before = [hasSlot, ...granted];
    high.taskEnded();
    await turn();

    expect([before, hasSlot, granted, high.canKeep()]).toEqual([[false, 'high'], true, ['high'], false]);
  });

  it('lets a queue ask first whose tasks a suspended one waits for', async () => {
    const { low, high, granted, turn } = setup();
    for (const queue of [low, high]) queue.pass();
    low.tryTake();
    low.ask();
    low.suspend(['high']);
    await turn();
    const before = [...granted];
    high.ask(glanceAt(26));
    await turn();

    expect([before, granted]).toEqual([[], ['high']]);
  });

  it('begins no further parent of a higher priority while a child that one waits for could begin', async () => {
    const { low, high, join, granted, fetched, turn } = setup({ names: ['low', 'high', 'other'] });
    const child = join('child', async () => glanceAt(91 - 1 / 64));
    for (const queue of [low, high, child]) queue.pass();
    high.tryTake();
    const suspension = high.suspend(['other']);
    suspension.alsoAwait(['child']);
    low.tryTake();
    high.ask(glanceAt(26));
    child.ask(glanceAt(91 - 1 / 64));
    low.giveBack();
    await turn();
    const first = [...granted];
    fetched();
    await turn();
    child.giveBack();
    suspension.end();
    suspension.alsoAwait(['child']);
    child.ask(glanceAt(91 - 1 / 64));
    await turn();

    expect([first, granted]).toEqual([['child'], ['child', 'high']]);
  });

  it('gives suspended tasks their slots back also while it is shut', async () => {
    const { gate, low, turn } = setup({ names: ['low'] });
    low.tryTake();
    const suspension = low.suspend([]);
    low.tryTake();
    gate.shut();
    let hasSlot = false;
    void suspension.regain().then(() => {
      hasSlot = true;
    });
    low.taskEnded();
    await turn();

    expect(hasSlot).toBe(true);
  });

  it('keeps no slot for a task that ends while another wants its own back', () => {
    const { low } = setup({ names: ['low'] });
    low.tryTake();
    const suspension = low.suspend([]);
    low.tryTake();
    const before = low.canKeep();
    void suspension.regain();

    expect([before, low.canKeep()]).toEqual([true, false]);
  });

  it('is full for a queue whose tasks are suspended, when they are as many as may be', () => {
    const { low, high } = setup({ slotCount: 3, maxSuspended: 2 });
    for (const queue of [low, high]) queue.pass();
    for (let count = 0; count < 3; count += 1) low.tryTake();
    const one = low.suspend([]);
    const before = low.isFull();
    low.suspend([]);
    const isFull = [low.isFull(), high.isFull(), low.canKeep()];
    one.end();

    expect([before, isFull, low.isFull()]).toEqual([false, [true, false, false], false]);
  });
});
