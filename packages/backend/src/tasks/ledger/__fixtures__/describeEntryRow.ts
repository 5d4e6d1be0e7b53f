import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import fc from 'fast-check';
import { TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { parseEntryRow, toEntryFields } from '../sql/EntryRow';
import { createSqlWriter } from '../sql/sqlWriter';
import { createLedgerBench, type LedgerBench, sampleEnd, sampleEntry } from './LedgerBench';

/** Everything that JSON can carry, the odd characters and numbers included. */
const anyJson = fc.jsonValue({
  depthSize: 'large',
  stringUnit: fc.oneof(
    fc.string({ unit: 'binary', size: 'small' }),
    fc.constantFrom('\0', '\uD83D', '\uDE00', '\\u0000', '"', '__proto__'),
  ),
});

const anyEntry = fc
  .record({
    payload: anyJson,
    metadata: fc.dictionary(fc.string({ unit: 'binary' }), anyJson),
    priority: fc.integer({ min: 0, max: 100 }),
    createdAtMs: fc.nat({ max: 8.64e15 }),
    dueAtMs: fc.option(fc.nat({ max: 8.64e15 }), { nil: undefined }),
    retryStrategy: fc.option(fc.dictionary(fc.string(), anyJson), { nil: undefined }),
    fields: fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }),
  })
  .map(({ payload, metadata, ...given }): LedgerEntry => sampleEntry(given, { payload, metadata }));

const read = async (bench: LedgerBench, id: TaskId) => {
  const rows = await bench.database.query(
    `SELECT ${toEntryFields(bench.tables)} FROM ${bench.tables.name('tasks')} WHERE id = $1`,
    [id],
  );
  return rows.map(parseEntryRow);
};

/** What comes back of an entry: what Redis would have of it, and neither key nor strategy. */
const toExpected = (entry: LedgerEntry) => {
  const { key: _key, retryStrategy: _strategy, ...kept } = entry;
  return {
    ...kept,
    envelope: JSON.parse(JSON.stringify(entry.envelope)),
    key: undefined,
    retryStrategy: undefined,
    attemptsMade: 0,
    crashCount: 0,
    hasBegun: false,
  };
};

/** The promise of `EntryRow`: an entry comes back from the database as it went there. */
export const describeEntryRow = (dialect: SqlDialect): void => {
  describe(`an entry in a row on ${dialect}`, () => {
    it('comes back as it was, whatever its payload and metadata hold', async () => {
      await using bench = await createLedgerBench(dialect);
      const writer = createSqlWriter(bench.ledgerDatabase);
      await fc.assert(
        fc.asyncProperty(fc.array(anyEntry, { minLength: 1, maxLength: 5 }), async (entries) => {
          const answers = await Promise.all(entries.map((entry) => writer.insert(entry)));
          expect(answers.map((answer) => answer._unsafeUnwrap().kind)).toEqual(entries.map(() => 'created'));
          for (const entry of entries) expect(await read(bench, entry.id)).toEqual([toExpected(entry)]);
        }),
        { numRuns: 60 },
      );
    }, 30_000);

    it('carries JSON of any depth, and megabytes of it', async () => {
      await using bench = await createLedgerBench(dialect);
      const writer = createSqlWriter(bench.ledgerDatabase);
      const deep = JSON.parse(`${'['.repeat(3000)}1${']'.repeat(3000)}`);
      for (const payload of [deep, 'é'.repeat(3_000_000)]) {
        const entry = sampleEntry({ id: TaskId() }, { payload });
        (await writer.insert(entry))._unsafeUnwrap();
        const [found] = await read(bench, entry.id);

        expect(JSON.stringify(found?.envelope.payload) === JSON.stringify(payload)).toBe(true);
      }
    });

    it('is the same text again that Redis has', async () => {
      await using bench = await createLedgerBench(dialect);
      const writer = createSqlWriter(bench.ledgerDatabase);
      const { v, payload, ...rest } = sampleEntry().envelope;
      const entry = { ...sampleEntry(), envelope: { v, payload, ...rest, expiresAtMs: 5 } };
      await writer.insert(entry);

      expect((await read(bench, entry.id)).map(({ envelope }) => JSON.stringify(envelope))).toEqual([
        JSON.stringify(entry.envelope),
      ]);
    });

    it.each([
      ['snoozed', { kind: 'snoozed', dueAtMs: 5 }],
      ['given back', { kind: 'released' }],
    ] as const)('has begun when its first attempt was %s, though none has ended', async (_title, outcome) => {
      await using bench = await createLedgerBench(dialect);
      const writer = createSqlWriter(bench.ledgerDatabase);
      const { id, createdAtMs } = sampleEntry();
      await writer.insert(sampleEntry({ id }));
      expect((await read(bench, id)).map(({ hasBegun }) => hasBegun)).toEqual([false]);
      await writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: createdAtMs }], createdAtMs);
      await writer.end(sampleEnd(id, { outcome }));

      expect((await read(bench, id)).map(({ attemptsMade, hasBegun }) => [attemptsMade, hasBegun])).toEqual([
        [0, true],
      ]);
    });

    it('has the attempts behind it that have ended', async () => {
      await using bench = await createLedgerBench(dialect);
      const writer = createSqlWriter(bench.ledgerDatabase);
      const entry = sampleEntry();
      await writer.insert(entry);
      await writer.touch([{ id: entry.id, attempt: 3, workerId: 'w1', startedAtMs: entry.createdAtMs }], 1);

      expect((await read(bench, entry.id)).map(({ attemptsMade }) => attemptsMade)).toEqual([2]);
    });
  });
};
