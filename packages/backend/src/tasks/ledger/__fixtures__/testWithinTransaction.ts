import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type SqlDialect, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type CallerTransaction } from '../../domain/CallerTransaction';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { type CompletedAttempt } from '../LedgerWriter';
import { type SqlTransaction, toTransaction } from '../SqlTransaction';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, createLedgerBench, type LedgerBench, sampleEnd, sampleEntry } from './LedgerBench';

/** A caller's client of the database, in as far as every client is alike. */
export interface CallerClient extends AsyncDisposable {
  /** Runs `work` in a transaction, and commits it; what the work rejects with rolls it back. */
  transaction(
    work: (transaction: CallerTransaction, run: (text: string) => Promise<unknown>) => Promise<void>,
  ): Promise<void>;
}

/** Connects a caller's client. */
export type ConnectClient = (url: string) => Promise<CallerClient>;

const rollback = new Error('rolled back by the test');

const setup = async (dialect: SqlDialect, connect: ConnectClient) => {
  const bench = await createLedgerBench(dialect);
  await bench.database.query('CREATE TABLE orders (id TEXT NOT NULL PRIMARY KEY)');
  const client = await connect(bench.url);
  const open = (transaction: CallerTransaction): SqlTransaction =>
    toTransaction(transaction, dialect)._unsafeUnwrap();
  return {
    bench,
    client,
    open,
    writer: createSqlWriter(bench.ledgerDatabase),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
};

/** How many orders and tasks others see. */
const counts = async ({ database, tables }: LedgerBench): Promise<readonly number[]> => {
  const [row] = await database.query(
    `SELECT (SELECT COUNT(*) FROM orders) AS orders, (SELECT COUNT(*) FROM ${tables.name('tasks')}) AS tasks,
       (SELECT COUNT(*) FROM ${tables.name('task_attempts')}) AS attempts`,
  );
  return ['orders', 'tasks', 'attempts'].map((column) => Number(row?.[column]));
};

const keyed = (): LedgerEntry =>
  sampleEntry({ key: { kind: 'idempotency', key: 'order-1', expiresAtMs: CREATED_AT_MS + 1000 } });

const completionOf = (id: TaskId): CompletedAttempt => {
  const { outcome: _outcome, hasBegun: _hasBegun, ...attempt } = sampleEnd(id);
  return { ...attempt, value: { booked: true } };
};

/** What a transaction of a caller's promises, on one kind of database and by one client. */
export const testWithinTransaction = (name: string, dialect: SqlDialect, connect: ConnectClient): void => {
  describe(`a transaction of ${name} on ${dialect}`, () => {
    it('makes the task and what the caller wrote visible with its commit, and not before', async () => {
      await using test = await setup(dialect, connect);
      const { bench, client, open, writer } = test;
      await client.transaction(async (transaction, run) => {
        await run("INSERT INTO orders VALUES ('1')");
        const { executor } = open(transaction);

        expect((await writer.insertWithin(executor, sampleEntry()))._unsafeUnwrap()).toEqual({
          kind: 'created',
        });
        expect(await counts(bench)).toEqual([0, 0, 0]);
      });

      expect(await counts(bench)).toEqual([1, 1, 0]);
    });

    it('leaves nothing when it is rolled back', async () => {
      await using test = await setup(dialect, connect);
      const { bench, client, open, writer } = test;
      const rolledBack = client.transaction(async (transaction, run) => {
        await run("INSERT INTO orders VALUES ('1')");
        (await writer.insertWithin(open(transaction).executor, sampleEntry()))._unsafeUnwrap();
        (await writer.insertWithin(open(transaction).executor, keyed()))._unsafeUnwrap();
        throw rollback;
      });
      await expect(rolledBack).rejects.toThrow(rollback.message);

      expect(await counts(bench)).toEqual([0, 0, 0]);
      expect((await writer.insert(keyed()))._unsafeUnwrap()).toEqual({ kind: 'created' });
    });

    it('finds the task of its key, whoever made it', async () => {
      await using test = await setup(dialect, connect);
      const { client, open, writer } = test;
      const first = keyed();
      await client.transaction(async (transaction) => {
        const { executor } = open(transaction);
        const answers = [
          await writer.insertWithin(executor, first),
          await writer.insertWithin(executor, keyed()),
          await writer.insertWithin(executor, first),
        ];

        expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual([
          { kind: 'created' },
          { kind: 'duplicate', id: first.id },
          { kind: 'created' },
        ]);
      });

      expect((await writer.insert(keyed()))._unsafeUnwrap()).toEqual({ kind: 'duplicate', id: first.id });
    });

    it.each([true, false])('completes a task once; with its commit, which comes: %p', async (isCommitted) => {
      await using test = await setup(dialect, connect);
      const { bench, client, open, writer } = test;
      const { id } = sampleEntry();
      await writer.insert(sampleEntry({ id }));
      const done = client.transaction(async (transaction, run) => {
        await run("INSERT INTO orders VALUES ('1')");
        const { executor } = open(transaction);

        expect((await writer.completeWithin(executor, completionOf(id)))._unsafeUnwrap()).toBe('completed');
        expect((await writer.completeWithin(executor, completionOf(id)))._unsafeUnwrap()).toBe(
          'completed-before',
        );
        expect(await counts(bench)).toEqual([0, 1, 0]);
        if (!isCommitted) throw rollback;
      });
      if (!isCommitted) await expect(done).rejects.toThrow(rollback.message);
      await done.catch(() => undefined);

      expect(await counts(bench)).toEqual(isCommitted ? [1, 1, 1] : [0, 1, 0]);
      expect((await writer.standing(id))._unsafeUnwrap()).toEqual(
        isCommitted
          ? { kind: 'ended', ending: { kind: 'completed', value: { booked: true } } }
          : { kind: 'open', attempt: 0, isRunning: false, crashCount: 0 },
      );
    });

    it('completes a task, or says that it did not, when nobody waits before the commit', async () => {
      await using test = await setup(dialect, connect);
      const { client, open, writer } = test;
      for (let turn = 0; turn < 5; turn += 1) {
        const { id } = sampleEntry();
        await writer.insert(sampleEntry({ id }));
        let completing: ReturnType<typeof writer.completeWithin> | undefined;
        await client.transaction(async (transaction) => {
          completing = writer.completeWithin(open(transaction).executor, completionOf(id));
          for (let wait = 0; wait < turn; wait += 1) await Promise.resolve();
        });
        const answer = await completing;
        const standing = (await writer.standing(id))._unsafeUnwrap();

        expect(standing.kind).toBe(answer?.isOk() === true ? 'ended' : 'open');
      }
    });

    it('completes no task that has ended or is unknown, and writes nothing', async () => {
      await using test = await setup(dialect, connect);
      const { bench, client, open, writer } = test;
      const ended = sampleEntry();
      await writer.insert(ended);
      await writer.end(sampleEnd(ended.id, { attempt: 2, workerId: 'w2' }));
      await client.transaction(async (transaction) => {
        const { executor } = open(transaction);
        const answers = [
          await writer.completeWithin(executor, completionOf(ended.id)),
          await writer.completeWithin(executor, completionOf(sampleEntry().id)),
        ];

        expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual(['ended', 'absent']);
      });

      expect(await counts(bench)).toEqual([0, 1, 1]);
    });

    it('answers what the database refuses, with its words', async () => {
      await using test = await setup(dialect, connect);
      const { client, open, writer } = test;
      const broken = client.transaction(async (transaction) => {
        const answer = await writer.insertWithin(
          open(transaction).executor,
          sampleEntry({ maxAttempts: null as never }),
        );

        expect(answer._unsafeUnwrapErr()).toMatchObject({
          code: 'ledger-refused',
          message: expect.stringMatching(/database refused: .*max_attempts/),
        });
        throw rollback;
      });
      await expect(broken).rejects.toThrow(rollback.message);
    });

    it('says that the tables of the ledger are not in its database, whatever is asked', async () => {
      await using test = await setup(dialect, connect);
      const { bench, client, open, writer } = test;
      await bench.database.query(`DROP TABLE ${bench.tables.name('task_attempts')}`);
      await bench.database.query(`DROP TABLE ${bench.tables.name('tasks')}`);
      const { id } = sampleEntry();
      const questions = [
        (executor: SqlExecutor) => writer.insertWithin(executor, sampleEntry()),
        (executor: SqlExecutor) => writer.completeWithin(executor, completionOf(id)),
      ];
      for (const ask of questions) {
        const broken = client.transaction(async (transaction) => {
          expect((await ask(open(transaction).executor))._unsafeUnwrapErr()).toMatchObject({
            code: 'ledger-schema',
            message: expect.stringMatching(/^the tables of the ledger are not in the database of this trans/),
          });
          throw rollback;
        });
        await expect(broken).rejects.toThrow(rollback.message);
      }
    });
  });
};

/** What transactions of a database promise that several have open at once. */
export const testConcurrentTransactions = (name: string, connect: ConnectClient): void => {
  describe(`two transactions of ${name} on postgres`, () => {
    it.each([
      [true, 'duplicate'],
      [false, 'created'],
    ] as const)(
      'with one key: the second waits for the first, which commits: %p',
      async (isCommitted, kind) => {
        await using test = await setup('postgres', connect);
        const { bench, client, open, writer } = test;
        await using other = await connect(bench.url);
        const hasInserted = Promise.withResolvers<void>();
        const mayEnd = Promise.withResolvers<void>();
        const events: string[] = [];
        const first = client.transaction(async (transaction) => {
          await writer.insertWithin(open(transaction).executor, keyed());
          hasInserted.resolve();
          await mayEnd.promise;
          events.push('first ends');
          if (!isCommitted) throw rollback;
        });
        await hasInserted.promise;
        const second = other.transaction(async (transaction) => {
          const answer = await writer.insertWithin(open(transaction).executor, keyed());
          events.push(`second is a ${answer._unsafeUnwrap().kind}`);
        });
        await untilWaiting(bench);
        mayEnd.resolve();
        await Promise.allSettled([first, second]);

        expect(events).toEqual(['first ends', `second is a ${kind}`]);
        expect(await counts(bench)).toEqual([0, 1, 0]);
      },
    );

    it('hold up only those that ask for the same key, and no touches of other tasks', async () => {
      await using test = await setup('postgres', connect);
      const { bench, client, open, writer } = test;
      const [mine, other] = [sampleEntry(), sampleEntry()];
      await Promise.all([mine, other].map((entry) => writer.insert(entry)));
      const held = keyed();
      const waiting: Promise<unknown>[] = [];
      await client.transaction(async (transaction) => {
        const { executor } = open(transaction);
        await writer.insertWithin(executor, held);
        await writer.completeWithin(executor, completionOf(mine.id));
        waiting.push(...Array.from({ length: 20 }, () => writer.insert(keyed())));
        await untilWaiting(bench);
        const touches = [mine, other].map(({ id }) => ({
          id,
          attempt: 1,
          workerId: 'w1',
          startedAtMs: CREATED_AT_MS,
        }));

        expect((await writer.insert(sampleEntry()))._unsafeUnwrap()).toEqual({ kind: 'created' });
        expect((await writer.touch(touches, CREATED_AT_MS)).isOk()).toBe(true);
        expect((await bench.row(other.id))?.['status']).toBe('running');
      });

      const answers = await Promise.all(waiting);
      expect(answers.map((answer) => (answer as { value: unknown }).value)).toEqual(
        answers.map(() => ({ kind: 'duplicate', id: held.id })),
      );
    });
  });
};

/** Until a statement waits for a transaction. */
const untilWaiting = (bench: LedgerBench): Promise<void> =>
  until(async () => {
    const rows = await bench.database.query('SELECT 1 FROM pg_locks WHERE NOT granted');
    return rows.length > 0;
  });
