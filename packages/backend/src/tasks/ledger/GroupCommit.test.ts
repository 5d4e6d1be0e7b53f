import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { createGroupCommit } from './GroupCommit';
import { LedgerError } from './LedgerError';

const refused = new LedgerError('the database refused', { code: 'ledger-refused' });
const unavailable = new LedgerError('the database does not answer', { code: 'ledger-unavailable' });

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Doubles numbers; those of 0 are refused, those below as unavailable. */
const setup = () => {
  const groups: (readonly number[])[] = [];
  const commit = createGroupCommit<number, number>({
    sizeOf: (item) => (item >= 1_000_000 ? item : 1),
    write: async (items) => {
      groups.push(items);
      await nextTurn();
      if (items.some((item) => item < 0)) return err(unavailable);
      return items.includes(0) ? err(refused) : ok(items.map((item) => item * 2));
    },
  });
  return { commit, groups };
};

describe('createGroupCommit', () => {
  it('writes together what is added in one turn, and answers each its own', async () => {
    const { commit, groups } = setup();
    const answers = await Promise.all([
      commit.add(1),
      Promise.resolve().then(() => commit.add(2)),
      commit.add(3),
    ]);

    expect(answers).toEqual([ok(2), ok(4), ok(6)]);
    expect(groups).toEqual([[1, 3, 2]]);
  });

  it('gathers what is added while a group is being written', async () => {
    const { commit, groups } = setup();
    const first = commit.add(1).then(() => Promise.all([commit.add(4), commit.add(5)]));
    while (groups.length === 0) await nextTurn();
    await Promise.all([first, commit.add(2), commit.add(3)]);

    expect(groups).toEqual([[1], [2, 3, 4, 5]]);
  });

  it('keeps a group open while each turn brings more', async () => {
    const { commit, groups } = setup();
    const answers = [commit.add(1), commit.add(2)];
    await nextTurn();
    answers.push(commit.add(3));
    await nextTurn();
    answers.push(commit.add(4));
    await Promise.all(answers);

    expect(groups).toEqual([[1, 2, 3, 4]]);
  });

  it('waits for no others when a turn has brought none, nor for long when they never cease to come', async () => {
    const { commit, groups } = setup();
    await commit.add(1);
    const answers: unknown[] = [];
    while (groups.length < 3) {
      answers.push(commit.add(2));
      Bun.sleepSync(1); // a turn in which others have their work done
      await nextTurn();
    }
    await Promise.all(answers);

    expect(groups[0]).toEqual([1]);
    expect(groups[1]?.length).toBeGreaterThan(1);
    expect(groups[1]?.length).toBeLessThan(100);
  });

  it('writes a further group beside another when enough have come, and no more groups than it may', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const groups: number[] = [];
    const commit = createGroupCommit<number, number>({
      sizeOf: () => 1,
      maxGroups: 2,
      write: async (items) => {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        groups.push(items.length);
        await gate.promise;
        return ok([...items]);
      },
    });
    const answers: Promise<unknown>[] = [];
    const add = async (count: number) => {
      answers.push(...Array.from({ length: count }, () => commit.add(1)));
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      return [...groups];
    };
    const seen = [await add(1), await add(7), await add(1), await add(20)];
    gates[0]?.resolve();
    seen.push(await add(0));
    gates[1]?.resolve();
    gates[2]?.resolve();
    await Promise.all(answers);
    await commit.settled();

    expect(seen).toEqual([[1], [1], [1, 8], [1, 8], [1, 8, 20]]);
  });

  it('works again after it has had nothing to do', async () => {
    const { commit, groups } = setup();
    await commit.add(1);
    await commit.settled();

    expect(await commit.add(2)).toEqual(ok(4));
    expect(groups).toEqual([[1], [2]]);
  });

  it('refuses only the item that is refused, and finds it in halves', async () => {
    const { commit, groups } = setup();
    const items = Array.from({ length: 64 }, (_, index) => index);
    const answers = await Promise.all(items.map((item) => commit.add(item)));

    expect(answers).toEqual(items.map((item) => (item === 0 ? err(refused) : ok(item * 2))));
    expect(groups.length).toBe(13);
  });

  it('tries nothing again when the database does not answer', async () => {
    const { commit, groups } = setup();

    expect(await Promise.all([commit.add(-1), commit.add(2)])).toEqual([err(unavailable), err(unavailable)]);
    expect(groups).toEqual([[-1, 2]]);
  });

  it.each<[given: string, items: number[], groups: number[]]>([
    ['500 items at most', Array.from({ length: 1100 }, () => 1), [500, 500, 100]],
    ['4 million characters at most', [1_500_000, 1_500_000, 1_500_000, 1], [2, 2]],
    ['one that is larger alone', [1, 5_000_000, 1, 1], [1, 1, 2]],
  ])('writes groups of %s', async (_given, items, sizes) => {
    const { commit, groups } = setup();
    await Promise.all(items.map((item) => commit.add(item)));

    expect(groups.map(({ length }) => length)).toEqual(sizes);
  });

  it('is settled when everything is answered, what comes meanwhile included', async () => {
    const { commit, groups } = setup();
    void commit.add(1).then(() => commit.add(2));
    await commit.settled();
    await commit.settled();

    expect(groups).toEqual([[1], [2]]);
  });
});
