import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../../domain/TaskId';
import { type TaskRecord } from '../../domain/TaskRecord';
import { at, createHistoryBench, failure } from './HistoryBench';

const setup = async (dialect: SqlDialect) => {
  const kept = await createHistoryBench(dialect);
  const { database, tables } = kept.bench;
  /** Writes to a column of a task, or of its attempts, as another program does. */
  const spoil = (id: TaskId, column: string, text = '{no JSON'): Promise<unknown> =>
    database.query(`UPDATE ${tables.name('tasks')} SET ${column} = $1 WHERE id = $2`, [text, id]);
  const spoilAttempts = (id: TaskId): Promise<unknown> =>
    database.query(`UPDATE ${tables.name('task_attempts')} SET error = $1 WHERE task_id = $2`, [
      'no JSON',
      id,
    ]);
  return { ...kept, spoil, spoilAttempts };
};

/** What a ledger says of rows that another program has written to, on one database. */
export const describeForeignRows = (dialect: SqlDialect): void => {
  describe(`a row that another program has written to, on ${dialect}`, () => {
    it('is listed among the others, with what can be read of it', async () => {
      const { bench, history, add, end, find, spoil } = await setup(dialect);
      await using _ = bench;
      const correlationId = CorrelationId();
      const [payload, envelope] = [await add({}, { correlationId }), await add()];
      const [result, error] = [await end(await add()), await end(await add(), { outcome: failure })];
      const plain = await add();
      await spoil(payload, 'payload');
      await spoil(envelope, 'envelope', '["v", 1]');
      await spoil(result, 'result');
      await spoil(error, 'error');
      const listed = (await history.list({ limit: 10 }))._unsafeUnwrap();

      expect(listed.map(({ id }) => id)).toEqual([plain, error, result, envelope, payload]);
      expect(await find(payload)).toMatchObject({ payload: '{no JSON', correlationId });
      expect(await find(envelope)).toEqual({
        id: envelope,
        name: 'emails:send',
        status: 'pending',
        payload: { to: 'ada@example.com' },
        attempt: 0,
        maxAttempts: 3,
        crashCount: 0,
        scheduledAt: at(0),
      });
      expect((await find(result))?.value).toBeUndefined();
      expect((await find(error))?.error).toEqual({ message: '{no JSON', code: 'task-failed', attempt: 0 });
    });

    it('is found all the same when no job can be made of it, and why', async () => {
      const { bench, history, add, find, spoil } = await setup(dialect);
      await using _ = bench;
      const id = await add();
      await spoil(id, 'job');
      const kept = (await history.findKept(id))._unsafeUnwrap();

      expect(kept?.record).toEqual((await find(id)) as TaskRecord);
      expect(kept?.entry._unsafeUnwrapErr()).toEqual({
        id,
        taskName: 'emails:send',
        problem: expect.stringMatching(
          /^expected the columns envelope, payload and job of its row to be what /,
        ),
      });
    });

    it.each(['null', '"SMTP"', '{"code":"timeout"}'])('has %s for an error that is none', async (text) => {
      const { bench, add, end, find, spoil } = await setup(dialect);
      await using _ = bench;
      const id = await end(await add(), { outcome: failure });
      await spoil(id, 'error', text);

      expect((await find(id))?.error).toEqual({ message: text, code: 'task-failed', attempt: 0 });
    });

    it('stands as ended all the same', async () => {
      const { bench, writer, add, end, spoil } = await setup(dialect);
      await using _ = bench;
      const [completed, failed] = [await end(await add()), await end(await add(), { outcome: failure })];
      await spoil(completed, 'result');
      await spoil(failed, 'error');
      const standings = await Promise.all([completed, failed].map((id) => writer.standing(id)));

      expect(standings.map((standing) => standing._unsafeUnwrap())).toEqual([
        { kind: 'ended', ending: { kind: 'completed', value: undefined } },
        {
          kind: 'ended',
          ending: {
            kind: 'failed',
            error: { message: '{no JSON', code: 'task-failed', attempt: 0 },
            endedAtMs: at(15).getTime(),
          },
        },
      ]);
    });

    it.each(['{no JSON', 'null', '{}'])('is traced with its attempts when its job is %s', async (job) => {
      const { bench, history, add, end, find, spoil, spoilAttempts } = await setup(dialect);
      await using _ = bench;
      const correlationId = CorrelationId();
      const id = await end(await add({}, { correlationId }), { outcome: failure });
      await spoil(id, 'job', job);
      await spoilAttempts(id);
      const trace: unknown = (await history.trace(correlationId, 10))._unsafeUnwrap();

      expect(trace).toEqual([
        {
          task: await find(id),
          attempts: [
            expect.objectContaining({ error: { message: 'no JSON', code: 'task-failed', attempt: 0 } }),
          ],
        },
      ]);
    });
  });
};
