import { describe, expect, it } from 'bun:test';
import { createLedgerBench } from '../__fixtures__/LedgerBench';
import { createWriteProbe } from './WriteProbe';

const setup = async () => {
  const bench = await createLedgerBench('sqlite');
  let nowMs = 0;
  let failureCount = 0;
  const probe = createWriteProbe(
    { tables: bench.tables, failureCount: () => failureCount },
    { now: () => nowMs },
  );
  const another = bench.openAnother();
  /** Changes when somebody else has written: https://www.sqlite.org/pragma.html#pragma_data_version */
  const version = async () =>
    (await another.run((database) => database.query('PRAGMA data_version')))._unsafeUnwrap()[0];
  return {
    probe,
    check: () => probe.check(bench.database),
    bench,
    countRows: async () => {
      const tables = ['tasks', 'task_attempts'];
      const counts = tables.map((table) => bench.database.query(`SELECT COUNT(*) AS count FROM ${table}`));
      return (await Promise.all(counts)).map(([row]) => row?.['count']);
    },
    /** Whether some work has written. */
    hasWritten: async (work: () => Promise<void>) => {
      const before = await version();
      await work();
      return JSON.stringify(await version()) !== JSON.stringify(before);
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    fail: () => {
      failureCount += 1;
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

describe('createWriteProbe', () => {
  it('writes, and leaves nothing', async () => {
    await using test = await setup();

    expect(await test.hasWritten(test.check)).toBe(true);
    expect(await test.countRows()).toEqual([0, 0]);
  });

  it('writes nothing for 10 s after a write', async () => {
    await using test = await setup();
    await test.check();
    test.pass(9_999);
    const early = await test.hasWritten(test.check);
    test.pass(1);

    expect([early, await test.hasWritten(test.check)]).toEqual([false, true]);
    expect(await test.hasWritten(test.check)).toBe(false);
  });

  it('writes at once when something has failed since', async () => {
    await using test = await setup();
    await test.check();
    test.fail();

    expect(await test.hasWritten(test.check)).toBe(true);
    expect(await test.hasWritten(test.check)).toBe(false);
  });

  it.each([
    ['no place for attempts', 'DROP TABLE task_attempts', 'task_attempts'],
    ['no place for an end', 'ALTER TABLE tasks DROP COLUMN result', 'result'],
  ])('is refused where there is %s', async (_, statement, named) => {
    await using test = await setup();
    await test.bench.database.query(statement);

    await expect(test.check()).rejects.toThrow(named);
  });
});
