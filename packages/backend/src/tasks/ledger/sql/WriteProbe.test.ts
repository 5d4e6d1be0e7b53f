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
    countRows: async () => (await bench.database.query('SELECT COUNT(*) AS count FROM tasks'))[0]?.['count'],
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
    expect(await test.countRows()).toBe(0);
  });

  it('writes nothing for 10 s after a write', async () => {
    await using test = await setup();
    test.probe.noteWritten();
    test.pass(9_999);
    const early = await test.hasWritten(test.check);
    test.pass(1);

    expect([early, await test.hasWritten(test.check)]).toEqual([false, true]);
    expect(await test.hasWritten(test.check)).toBe(false);
  });

  it('writes at once when something has failed since', async () => {
    await using test = await setup();
    test.probe.noteWritten();
    test.fail();

    expect(await test.hasWritten(test.check)).toBe(true);
    expect(await test.hasWritten(test.check)).toBe(false);
  });
});
