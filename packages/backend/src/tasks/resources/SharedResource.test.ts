import { describe, expect, it } from 'bun:test';
import { createResourceBench, LONG_MS, never, running } from './__fixtures__/ResourceBench';

describe('resource sets of one process', () => {
  it('share what they have in common: started once, stopped by the last', async () => {
    const { events, noted, createSet } = createResourceBench();
    const [config, pool] = [noted('config'), noted('pool')];
    const [one, other] = [createSet([config, pool]), createSet([config])];
    await Promise.all([one.start(running()), other.start(running())]);
    expect(events).toEqual(['start config', 'start pool']);

    await one.stop(LONG_MS);
    await one.stop(LONG_MS);
    expect(events.slice(2)).toEqual(['stop pool']);
    expect(other.resolve('config')).toBe('config');
    await other.stop(LONG_MS);
    expect(events.slice(3)).toEqual(['stop config']);
  });

  it('have their own of what needs another of theirs, so that none outlives what it was started with', async () => {
    const { events, noted, createSet } = createResourceBench();
    const rates = noted('rates', {
      needs: ['settings'],
      start: ({ resolve }) => `rates with ${resolve('settings')}`,
    });
    const cache = noted('cache', {
      needs: ['rates'],
      start: ({ resolve }) => `cache of ${resolve('rates')}`,
    });
    const settings = (name: string) => noted('settings', { start: () => name });
    const euro = settings('euro');
    const sets = [euro, settings('dollar'), euro].map((need) => createSet([need, rates, cache]));
    await Promise.all(sets.map((set) => set.start(running())));
    expect(sets.map((set) => set.resolve('cache'))).toEqual([
      'cache of rates with euro',
      'cache of rates with dollar',
      'cache of rates with euro',
    ]);

    for (const set of sets) await set.stop(LONG_MS);
    expect(events).toEqual([
      'stop cache of rates with dollar',
      'stop rates with dollar',
      'stop dollar',
      'stop cache of rates with euro',
      'stop rates with euro',
      'stop euro',
    ]);
  });

  it('start it again after the last has stopped it, and not before the stop is done', async () => {
    const { events, noted, createSet } = createResourceBench();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', {
      stop: async () => {
        events.push('stop begins');
        await stopped.promise;
        events.push('stop ends');
      },
    });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const again = createSet([pool]);
    const starting = again.start(running());
    await Bun.sleep(0);
    stopped.resolve();
    await Promise.all([stopping, starting]);

    expect(events).toEqual(['start pool', 'stop begins', 'stop ends', 'start pool']);
    await again.stop(LONG_MS);
  });

  it('start nothing for one that has stopped while it waited for such a stop', async () => {
    const { events, noted, createSet } = createResourceBench();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', { stop: () => stopped.promise });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const stop = new AbortController();
    const starting = createSet([pool]).start(stop.signal);
    stop.abort();
    stopped.resolve();
    await Promise.all([stopping, starting]);

    expect(events).toEqual(['start pool']);
  });

  it('stop in the time they have, though the stop of another, which they waited for, takes longer', async () => {
    const { noted, createSet } = createResourceBench();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', { stop: () => stopped.promise });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const other = createSet([pool]);
    const starting = other.start(running());

    await other.stop(0);
    stopped.resolve();
    await stopping;
    expect((await starting)._unsafeUnwrapErr().message).toContain('nobody needs it any more');
  });

  it('try a start again that has failed', async () => {
    const { noted, createSet } = createResourceBench();
    let startCount = 0;
    const pool = noted('pool', {
      start: () => {
        startCount += 1;
        if (startCount === 1) throw new Error('no route to host');
        return 'pool';
      },
    });
    const set = createSet([pool]);

    expect((await set.start(running())).isErr()).toBe(true);
    expect((await set.start(running())).isOk()).toBe(true);
    expect(set.resolve('pool')).toBe('pool');
    await set.stop(LONG_MS);
  });

  it('try it again when the start that took too long has ended, and what it opened is stopped', async () => {
    const { events, noted, createSet } = createResourceBench();
    const first = Promise.withResolvers<string>();
    const givenUp = Promise.withResolvers<void>();
    let startCount = 0;
    const pool = noted('pool', {
      startTimeoutMs: 1,
      start: ({ signal }) => {
        signal.addEventListener('abort', () => givenUp.resolve());
        startCount += 1;
        events.push(`start ${startCount}`);
        return startCount === 1 ? first.promise : 'second';
      },
    });
    const set = createSet([pool]);
    const failing = set.start(running());
    await givenUp.promise;
    await Bun.sleep(0); // it is told
    const again = createSet([pool]).start(running());
    await Bun.sleep(0);
    first.resolve('first');
    await Promise.all([failing, again]);

    expect(events).toEqual(['start 1', 'stop first', 'start 2']);
  });

  it('try it again after stopTimeoutMs, though the start that took too long never ends', async () => {
    const { noted, createSet } = createResourceBench();
    let startCount = 0;
    const pool = noted('pool', {
      ...{ startTimeoutMs: 1, stopTimeoutMs: 1 },
      start: () => {
        startCount += 1;
        return startCount === 1 ? never() : 'second';
      },
    });
    const set = createSet([pool]);

    expect((await set.start(running())).isErr()).toBe(true);
    expect((await set.start(running())).isOk()).toBe(true);
    await set.stop(LONG_MS);
  });

  it('go on with a start that one of them no longer waits for', async () => {
    const { events, noted, createSet } = createResourceBench();
    const opened = Promise.withResolvers<string>();
    const pool = noted('pool', { start: () => opened.promise });
    const stop = new AbortController();
    const [one, other] = [createSet([pool]), createSet([pool])];
    const starting = [one.start(stop.signal), other.start(running())];
    stop.abort();
    await starting[0];
    opened.resolve('pool');

    expect((await starting[1])?.isOk()).toBe(true);
    expect(events).toEqual([]);
    await other.stop(LONG_MS);
    expect(events).toEqual(['stop pool']);
  });
});
