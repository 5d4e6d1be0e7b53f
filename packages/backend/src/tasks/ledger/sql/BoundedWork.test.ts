import { describe, expect, it } from 'bun:test';
import { createBoundedWork } from './BoundedWork';

describe('createBoundedWork', () => {
  it('lets so much work go on at once, and the rest in the order of the calls', async () => {
    const turns = createBoundedWork({ maxCount: 2 });
    const events: string[] = [];
    const gates = ['a', 'b', 'c', 'd'].map((name) => ({ name, ...Promise.withResolvers<string>() }));
    const taken = gates.map(({ name, promise }) =>
      turns.take(async () => {
        events.push(`${name} starts`);
        return promise;
      }),
    );
    for (const { name, resolve } of [...gates].reverse()) {
      resolve(name);
      await new Promise((done) => setImmediate(done));
      events.push(`${name} may end`);
    }

    expect(await Promise.all(taken)).toEqual(['a', 'b', 'c', 'd']);
    expect(events).toEqual([
      'a starts',
      'b starts',
      'd may end',
      'c may end',
      'c starts',
      'd starts',
      'b may end',
      'a may end',
    ]);
  });

  it('goes on after work that was rejected, and is settled when none is left', async () => {
    const turns = createBoundedWork({ maxCount: 1 });
    const failed = turns.take(() => Promise.reject(new Error('no')));
    const after = turns.take(async () => 'yes');
    const thrown = expect(failed).rejects.toThrow('no');
    await turns.settled();

    await thrown;
    expect(await after).toBe('yes');
  });

  it('lets one of a key go on at a time, and others pass it by', async () => {
    const turns = createBoundedWork({ maxCount: 3 });
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const take = (name: string, key: string) =>
      turns.take(async () => {
        events.push(name);
        await gate.promise;
      }, key);
    const taken = [take('a1', 'a'), take('a2', 'a'), take('b1', 'b'), take('a3', 'a')];

    expect(events).toEqual(['a1', 'b1']);
    gate.resolve();
    await Promise.all(taken);
    expect(events).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('refuses work that has had no turn in time, and never does it', async () => {
    const turns = createBoundedWork({ maxCount: 1, patienceMs: 5 });
    const gate = Promise.withResolvers<string>();
    const first = turns.take(() => gate.promise);
    let isDone = false;
    const late = turns.take(async () => {
      isDone = true;
    });

    expect(late).rejects.toMatchObject({
      code: 'busy',
      message: 'calls before this one have waited for other transactions for 5 ms',
    });
    await late.catch(() => undefined);
    gate.resolve('done');

    expect([await first, isDone]).toEqual(['done', false]);
    expect(await turns.take(async () => 'next')).toBe('next');
  });
});
