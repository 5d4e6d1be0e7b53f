import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { type EffectCall } from './EffectCall';
import { createEffectRun } from './EffectRun';
import { recordEffects } from './recordEffects';

const setup = () => {
  const calls: EffectCall[] = [];
  const rows: string[] = [];
  const open = new Set<unknown>();
  const begin = () => {
    const transaction = {
      insert: async (row: string): Promise<void> => void rows.push(row),
      nested: () => ({ close: () => 'closed' }),
    };
    open.add(transaction);
    return transaction;
  };
  const real = {
    db: {
      begin: async () => begin(),
      beginNow: begin,
      save: (row: string, transaction: unknown) => {
        if (open.has(transaction)) rows.push(row);
      },
      lock: async () => () => void rows.push('unlocked'),
      find: async () => ({ id: 7, at: new Date(0), tags: ['a'] }),
      read: () => new Map([['a', 1]]),
      charge: async () => ok('charged'),
      query: () => Object.fromEntries([['then', (resolve: (value: string) => void) => resolve('answered')]]),
    },
  };
  const effects = recordEffects(real, createEffectRun(1, { calls, interruptionOf: () => undefined }));
  return { effects, rows, names: () => calls.map(({ name }) => name) };
};

describe('recordEffects', () => {
  it('records what is called of an object with functions that a method answers, at once or later', async () => {
    const { effects, rows, names } = setup();
    await (await effects.db.begin()).insert('one');
    const transaction = effects.db.beginNow();
    await transaction.insert('two');

    expect(transaction.nested().close()).toBe('closed');
    expect(rows).toEqual(['one', 'two']);
    expect(names()).toEqual([
      'db.begin',
      'db.begin().insert',
      'db.beginNow',
      'db.beginNow().insert',
      'db.beginNow().nested',
      'db.beginNow().nested().close',
    ]);
  });

  it('records the call of a function that a method answers', async () => {
    const { effects, rows, names } = setup();
    const unlock = await effects.db.lock();
    unlock();

    expect(rows).toEqual(['unlocked']);
    expect(names()).toEqual(['db.lock', 'db.lock()']);
  });

  it('hands such an object back as it is', async () => {
    const { effects, rows } = setup();
    effects.db.save('one', await effects.db.begin());

    expect(rows).toEqual(['one']);
  });

  it('leaves data, instances of classes and thenables as they are', async () => {
    const { effects, names } = setup();

    expect(await effects.db.find()).toEqual({ id: 7, at: new Date(0), tags: ['a'] });
    expect(effects.db.read().get('a')).toBe(1);
    expect((await effects.db.charge()).isOk()).toBe(true);
    expect((await effects.db.query()) as unknown).toBe('answered');
    expect(names()).toEqual(['db.find', 'db.read', 'db.charge', 'db.query']);
  });
});
