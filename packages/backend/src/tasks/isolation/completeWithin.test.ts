import { describe, expect, it } from 'bun:test';
import { SQL } from 'bun';
import { z } from 'zod';
import { type CallerTransaction, queryIn } from '../domain/CallerTransaction';
import { type TaskContext } from '../domain/TaskContext';
import { linkedContext } from './__fixtures__/linkedContext';

const setup = (given: Partial<Parameters<typeof linkedContext>[0]> = {}) => {
  const completed: unknown[] = [];
  /** Writes as a ledger does: in the transaction that it is given. */
  const completeWithin: TaskContext['completeWithin'] = async (transaction, value) => {
    const rows = await queryIn(transaction, 'UPDATE tasks SET status = $1', ['completed']);
    completed.push({ rows, value });
    if (value === 'late') throw new Error('the task has ended already');
  };
  const statements: unknown[] = [];
  const transaction: CallerTransaction = {
    query: async (...statement) => {
      statements.push(statement);
      return [{ id: 'a' }];
    },
  };
  const context = linkedContext({ context: { completeWithin }, tasks: [], ...given });
  return { completed, statements, transaction, complete: context.completeWithin };
};

describe('ctx.completeWithin of an isolated handler', () => {
  it('runs what the worker writes in the transaction of the process', async () => {
    const { completed, statements, transaction, complete } = setup();
    await complete(transaction, { n: 1 });

    expect(statements).toEqual([['UPDATE tasks SET status = $1', ['completed']]]);
    expect(completed).toEqual([{ rows: [{ id: 'a' }], value: { n: 1 } }]);
  });

  it('takes a transaction of a client as it is', async () => {
    const { completed, complete } = setup();
    const asked: unknown[] = [];
    const transaction = Object.assign(() => undefined, {
      unsafe: async (...statement: unknown[]) => {
        asked.push(statement);
        return [];
      },
      savepoint: () => undefined,
      options: { adapter: 'sqlite' },
    });
    await complete(transaction, 7);

    expect([asked.length, completed.length]).toEqual([1, 1]);
  });

  it('rejects when the worker does, and when the transaction does', async () => {
    const { transaction, complete } = setup();
    const broken: CallerTransaction = { query: () => Promise.reject(new Error('connection lost')) };

    expect(complete(transaction, 'late')).rejects.toThrow('the task has ended already');
    expect(complete(broken, 1)).rejects.toThrow('connection lost');
  });

  it('refuses in the process what is no transaction on the ledger, and asks the worker nothing', async () => {
    const { completed, complete } = setup();
    await using whole = new SQL({ adapter: 'sqlite', filename: ':memory:' });
    const postgres = Object.assign(() => undefined, {
      unsafe: async () => [],
      savepoint: () => undefined,
      options: { adapter: 'postgres' },
    });
    const answers = [whole, postgres, {}, undefined].map((given) =>
      complete(given as never, 1).catch((thrown: unknown) => thrown),
    );

    expect(await Promise.all(answers)).toEqual(
      [
        'got a whole client of SQL, whose statements are no transaction',
        "expected a transaction on the ledger's database, which is SQLite (LEDGER_URL), got one on Postgres",
        'got an object without the method query',
        'got undefined',
      ].map((message) =>
        expect.objectContaining({
          name: 'LedgerError',
          code: 'ledger-refused',
          message: expect.stringContaining(message),
        }),
      ),
    );
    expect(completed).toEqual([]);
  });

  it('checks the value in the process, where it is no JSON yet', async () => {
    const at = new Date(0);
    const { completed, transaction, complete } = setup({
      output: z.object({ at: z.date().transform((date) => date.getTime()) }),
    });

    await complete(transaction, { at });
    expect(completed).toMatchObject([{ value: { at: 0 } }]);
    expect(complete(transaction, { at: at.toISOString() })).rejects.toMatchObject({
      name: 'TaskError',
      code: 'invalid-output',
    });
    expect(setup().complete(transaction, { count: 1n })).rejects.toMatchObject({ code: 'invalid-output' });
  });
});
