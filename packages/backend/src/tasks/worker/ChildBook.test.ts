import { describe, expect, it } from 'bun:test';
import { TaskId } from '../domain/TaskId';
import { type ChildClaim, type StoredChild } from '../queue/ChildStore';
import { createChildBook } from './ChildBook';

const setup = (kept: Readonly<Record<string, StoredChild>> = {}) => {
  const notes: (readonly ChildClaim[])[] = [];
  const writes: PromiseWithResolvers<void>[] = [];
  const book = createChildBook(
    {
      claim: async (claims) => claims.map(({ key, child }) => kept[key] ?? child),
      note: (children) => {
        notes.push(children);
        const written = Promise.withResolvers<void>();
        writes.push(written);
        return written.promise;
      },
      listUnended: async () => [],
    },
    new AbortController().signal,
  );
  return {
    book,
    notes,
    writeNext: () => writes.shift()?.resolve(),
    refuseNext: (error: Error) => writes.shift()?.reject(error),
  };
};

const childOf = (change: Partial<StoredChild> = {}): StoredChild => ({
  id: TaskId(),
  name: 'a:b',
  round: 0,
  ...change,
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createChildBook', () => {
  it('knows a child by task, payload and how often both were asked for', () => {
    const { book } = setup();
    const [one, two, other] = [
      book.keyOf('a:b', { n: 1 }),
      book.keyOf('a:b', { n: 1 }),
      book.keyOf('a:b', {}),
    ];
    const again = setup().book.keyOf('a:b', { n: 1 });

    expect([again === one, one === two, one.split(':')[0] === two.split(':')[0], one === other]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(one).toMatch(/^[\w-]{22}:0$/);
  });

  it('answers what was written down before, and knows whose end is open', async () => {
    const [known, fresh] = [childOf({ end: 'completed', value: '1' }), childOf()];
    const { book } = setup({ k1: known });
    const claimed = await book.claim([
      { key: 'k1', child: childOf() },
      { key: 'k2', child: fresh },
    ]);

    expect(claimed).toEqual([
      { key: 'k1', child: known },
      { key: 'k2', child: fresh },
    ]);
    expect(book.unended()).toEqual([fresh]);
  });

  it('writes what ends while it writes with the next command', async () => {
    const { book, notes, writeNext } = setup();
    const child = childOf({ end: 'completed' });
    const first = ['k1', 'k2'].map((key) => book.close(key, child));
    await turn();
    const second = ['k3', 'k4'].map((key) => book.close(key, child));
    await turn();
    const before = notes.map((each) => each.map(({ key }) => key));
    writeNext();
    await turn();
    writeNext();
    await Promise.all([...first, ...second]);

    expect(before).toEqual([['k1', 'k2']]);
    expect(notes.map((each) => each.map(({ key }) => key))).toEqual([
      ['k1', 'k2'],
      ['k3', 'k4'],
    ]);
  });

  it('tells everybody whose end is not written down so, and writes the next ones', async () => {
    const { book, writeNext, refuseNext } = setup();
    const child = childOf({ end: 'completed' });
    const close = (key: string) =>
      book.close(key, child).then(
        () => 'written',
        ({ message }: Error) => message,
      );
    const first = [close('k1'), close('k2')];
    await turn();
    const second = close('k3');
    refuseNext(new Error('another worker has the task'));
    await turn();
    writeNext();

    expect(await Promise.all([...first, second])).toEqual([
      'another worker has the task',
      'another worker has the task',
      'written',
    ]);
  });

  it('counts the values that earlier attempts keep', async () => {
    const long = 'x'.repeat(600_000);
    const { book, notes, writeNext } = setup({ k1: childOf({ end: 'completed', value: long }) });
    for (const _claim of [1, 2]) await book.claim([{ key: 'k1', child: childOf() }]);
    for (const [key, value] of [
      ['k2', long],
      ['k3', '7'],
    ] as const) {
      const closed = book.close(key, childOf({ end: 'completed', value }));
      await turn();
      writeNext();
      await closed;
    }

    expect(notes.flat().map(({ child }) => child.value)).toEqual([undefined, '7']);
  });

  it('keeps values up to a mebibyte, and the fact that a child completed beyond', async () => {
    const { book, notes, writeNext } = setup();
    for (const key of ['k1', 'k2', 'k3']) {
      const closed = book.close(key, childOf({ end: 'completed', value: 'x'.repeat(600_000) }));
      await turn();
      writeNext();
      await closed;
    }

    expect(notes.flat().map(({ child }) => [child.end, child.value?.length])).toEqual([
      ['completed', 600_000],
      ['completed', undefined],
      ['completed', undefined],
    ]);
  });
});
