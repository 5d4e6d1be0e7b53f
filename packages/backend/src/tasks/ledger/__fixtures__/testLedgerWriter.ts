import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type LedgerKey } from '../LedgerEntry';
import { type AttemptOutcome } from '../LedgerWriter';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, createLedgerBench, type LedgerBench, sampleEnd, sampleEntry } from './LedgerBench';

/** What text can hold and no database takes. */
const WILD_TEXT = 'nul \0 half \uD83D and \uDE00';

const setup = async (dialect: SqlDialect) => {
  const bench = await createLedgerBench(dialect);
  return Object.assign(bench, { writer: createSqlWriter(bench.ledgerDatabase) });
};

const idempotent = (key: string, expiresAtMs = CREATED_AT_MS + 1000): LedgerKey => ({
  kind: 'idempotency',
  key,
  expiresAtMs,
});

const unique = (key: string): LedgerKey => ({ kind: 'unique', key });

/** Where the row of a task stands. */
const stateOf = async (bench: LedgerBench, id: TaskId): Promise<unknown> => {
  const row = await bench.row(id);
  return row === undefined ? undefined : [row['status'], Number(row['current_attempt'])];
};

const outcomesOf = async (bench: LedgerBench, id: TaskId): Promise<unknown[]> =>
  (await bench.attempts(id)).map(({ number, outcome }) => [Number(number), outcome]);

const taskError = (message: string) => ({ message, code: 'task-failed', attempt: 1 }) as const;

const retryAt = (dueAtMs: number): AttemptOutcome => ({
  kind: 'retry',
  error: taskError('SMTP refused the connection'),
  dueAtMs,
});

/** The promises of a `LedgerWriter`, on one kind of database. */
export const testLedgerWriter = (dialect: SqlDialect): void => {
  describe(`insert on ${dialect}`, () => {
    it('writes a task down before it answers', async () => {
      await using bench = await setup(dialect);
      const entry = sampleEntry({ dueAtMs: CREATED_AT_MS + 5000 });

      expect((await bench.writer.insert(entry))._unsafeUnwrap()).toEqual({ kind: 'created' });

      const row = await bench.row(entry.id);
      expect([row?.['task_type'], row?.['status'], Number(row?.['scheduled_at'])]).toEqual([
        'emails:send',
        'scheduled',
        CREATED_AT_MS + 5000,
      ]);
    });

    it('takes the same task twice for one', async () => {
      await using bench = await setup(dialect);
      for (const entry of [
        sampleEntry(),
        sampleEntry({ key: idempotent('a') }),
        sampleEntry({ key: unique('a') }),
      ]) {
        await bench.writer.insert(entry);
        expect((await bench.writer.insert(entry))._unsafeUnwrap()).toEqual({ kind: 'created' });
      }
    });

    it('answers the first task of a key while the key holds, and makes a new one when it has expired', async () => {
      await using bench = await setup(dialect);
      const first = sampleEntry({ key: idempotent('order-1', CREATED_AT_MS + 1000) });
      const insertAt = async (createdAtMs: number, taskName = 'emails:send') =>
        (
          await bench.writer.insert(
            sampleEntry({ taskName, createdAtMs, key: idempotent('order-1', createdAtMs + 1000) }),
          )
        )._unsafeUnwrap();
      await bench.writer.insert(first);
      await bench.writer.end(sampleEnd(first.id));

      expect(await insertAt(CREATED_AT_MS + 999)).toEqual({ kind: 'duplicate', id: first.id });
      expect(await insertAt(CREATED_AT_MS + 999, 'emails:other')).toEqual({ kind: 'created' });
      expect(await insertAt(CREATED_AT_MS + 1000)).toEqual({ kind: 'created' });
      expect(await insertAt(CREATED_AT_MS + 1500)).toMatchObject({ kind: 'duplicate' });
    });

    it('makes no second task of a unique tag while the first is unfinished', async () => {
      await using bench = await setup(dialect);
      const first = sampleEntry({ key: unique('nightly') });
      const insert = async () =>
        (await bench.writer.insert(sampleEntry({ key: unique('nightly') })))._unsafeUnwrap();
      await bench.writer.insert(first);

      expect(await insert()).toEqual({ kind: 'duplicate', id: first.id });
      await bench.writer.end(sampleEnd(first.id));
      expect(await insert()).toEqual({ kind: 'created' });
    });

    it('makes one task of a key that many ask for at once, on several connections', async () => {
      await using bench = await setup(dialect);
      const writers = Array.from({ length: 5 }, () => createSqlWriter(bench.openAnother()));
      const inserts = writers.flatMap((writer) =>
        Array.from({ length: 4 }, () => writer.insert(sampleEntry({ key: idempotent('once') }))),
      );
      const answers = (await Promise.all(inserts)).map((answer) => answer._unsafeUnwrap());
      const holders = new Set(answers.flatMap((answer) => (answer.kind === 'duplicate' ? [answer.id] : [])));

      expect([answers.filter(({ kind }) => kind === 'created').length, holders.size]).toEqual([1, 1]);
    });

    it.each([idempotent(WILD_TEXT), unique(WILD_TEXT)])('takes any text for a key: %o', async (key) => {
      await using bench = await setup(dialect);
      const first = sampleEntry({ key });
      await bench.writer.insert(first);

      expect((await bench.writer.insert(sampleEntry({ key })))._unsafeUnwrap()).toEqual({
        kind: 'duplicate',
        id: first.id,
      });
      expect(
        (
          await bench.writer.insert(sampleEntry({ key: { ...key, key: key.key.toWellFormed() } }))
        )._unsafeUnwrap(),
      ).toEqual({ kind: 'created' });
    });

    it('writes the tasks of one turn together, and refuses only the one that the database refuses', async () => {
      await using bench = await setup(dialect);
      const entries = Array.from({ length: 9 }, () => sampleEntry());
      const bad = sampleEntry({ maxAttempts: null as never });

      const answers = await Promise.all([...entries, bad].map((entry) => bench.writer.insert(entry)));

      expect(
        answers.map((answer) =>
          answer.match<string>(
            ({ kind }) => kind,
            ({ code }) => code,
          ),
        ),
      ).toEqual([...entries.map(() => 'created'), 'ledger-refused']);
      expect(await bench.row(bad.id)).toBeUndefined();
    });

    it('refuses a payload that JSON cannot carry', async () => {
      await using bench = await setup(dialect);
      const answer = await bench.writer.insert(sampleEntry({}, { payload: { count: 1n } }));

      expect(answer._unsafeUnwrapErr()).toMatchObject({
        code: 'ledger-refused',
        message: expect.stringContaining('expected what is written down to be JSON'),
      });
    });
  });

  describe(`touch on ${dialect}`, () => {
    const touchOf = (id: TaskId, attempt = 1, startedAtMs = CREATED_AT_MS + 10, workerId = 'w1') => ({
      id,
      attempt,
      workerId,
      startedAtMs,
    });

    it('writes that attempts run', async () => {
      await using bench = await setup(dialect);
      const [a, b] = [sampleEntry(), sampleEntry()];
      await Promise.all([a, b].map((entry) => bench.writer.insert(entry)));
      (await bench.writer.touch([touchOf(a.id), touchOf(b.id, 2)], CREATED_AT_MS + 20))._unsafeUnwrap();

      expect([await stateOf(bench, a.id), await stateOf(bench, b.id)]).toEqual([
        ['running', 1],
        ['running', 2],
      ]);
      const row = await bench.row(a.id);
      expect([row?.['worker_id'], Number(row?.['started_at']), Number(row?.['updated_at'])]).toEqual([
        'w1',
        CREATED_AT_MS + 10,
        CREATED_AT_MS + 20,
      ]);
    });

    it.each<[name: string, outcome: AttemptOutcome, state: unknown[]]>([
      ['is tried again', retryAt(CREATED_AT_MS + 99), ['retrying', 1]],
      ['was put off', { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['scheduled', 0]],
      ['was given back', { kind: 'released' }, ['pending', 0]],
      ['has completed', { kind: 'completed', value: 1 }, ['completed', 1]],
    ])(
      'changes nothing when it comes after the end of its attempt: the task %s',
      async (_name, outcome, state) => {
        await using bench = await setup(dialect);
        const { id } = sampleEntry();
        await bench.writer.insert(sampleEntry({ id }));
        await bench.writer.end(sampleEnd(id, { outcome }));
        await bench.writer.touch([touchOf(id)], CREATED_AT_MS + 20);

        expect(await stateOf(bench, id)).toEqual(state);
        await bench.writer.touch([touchOf(id, 2, CREATED_AT_MS + 100)], CREATED_AT_MS + 100);
        expect(await stateOf(bench, id)).toEqual(outcome.kind === 'completed' ? state : ['running', 2]);
      },
    );

    it('changes nothing of an attempt that a later one has taken over', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch([touchOf(id, 2, CREATED_AT_MS + 100, 'w2')], CREATED_AT_MS + 100);
      await bench.writer.touch([touchOf(id)], CREATED_AT_MS + 110);

      expect([await stateOf(bench, id), (await bench.row(id))?.['worker_id']]).toEqual([
        ['running', 2],
        'w2',
      ]);
    });
  });

  describe(`end on ${dialect}`, () => {
    it.each<[outcome: AttemptOutcome, ending: unknown]>([
      [
        { kind: 'completed', value: { sent: [WILD_TEXT] } },
        { kind: 'completed', value: { sent: [WILD_TEXT] } },
      ],
      [
        { kind: 'completed', value: undefined },
        { kind: 'completed', value: null },
      ],
      [
        { kind: 'failed', error: taskError(WILD_TEXT) },
        { kind: 'failed', error: taskError(WILD_TEXT) },
      ],
      [{ kind: 'cancelled' }, { kind: 'cancelled' }],
      [
        { kind: 'cancelled', reason: 'late' },
        { kind: 'cancelled', reason: 'late' },
      ],
      [
        { kind: 'cancelled', reason: WILD_TEXT },
        { kind: 'cancelled', reason: 'nul \uFFFD half \uFFFD and \uFFFD' },
      ],
    ])('writes %o', async (outcome, ending) => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));

      expect(
        (await bench.writer.end(sampleEnd(id, { outcome, workerId: WILD_TEXT })))._unsafeUnwrap(),
      ).toEqual({
        kind: 'recorded',
      });
      expect((await bench.writer.standing(id))._unsafeUnwrap()).toMatchObject({
        kind: 'ended',
        ending,
      } as never);
      expect(await outcomesOf(bench, id)).toEqual([[1, outcome.kind]]);
    });

    it.each<[attempt: number, outcome: AttemptOutcome, state: unknown[]]>([
      [1, retryAt(CREATED_AT_MS + 99), ['retrying', 1]],
      [1, { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['scheduled', 0]],
      [2, { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['retrying', 1]],
      [1, { kind: 'released' }, ['pending', 0]],
      [2, { kind: 'released' }, ['retrying', 1]],
    ])('leaves a task open whose attempt %i ended in %o', async (attempt, outcome, state) => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.end(sampleEnd(id, { attempt, outcome, hasBegun: outcome.kind !== 'released' }));

      expect(await stateOf(bench, id)).toEqual(state);
      expect((await bench.writer.standing(id))._unsafeUnwrap()).toEqual({ kind: 'open' });
      expect(await outcomesOf(bench, id)).toEqual(
        outcome.kind === 'released' ? [] : [[attempt, outcome.kind]],
      );
    });

    it('answers how the task ended to those that come later, and keeps what they came to as discarded', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.end(sampleEnd(id));
      const ended = { kind: 'ended', ending: { kind: 'completed', value: { sent: true } } } as const;

      expect((await bench.writer.end(sampleEnd(id)))._unsafeUnwrap()).toEqual(ended);
      for (const [attempt, outcome] of [
        [2, { kind: 'failed', error: taskError('late') }],
        [3, retryAt(CREATED_AT_MS + 99)],
      ] as const)
        expect((await bench.writer.end(sampleEnd(id, { attempt, outcome })))._unsafeUnwrap()).toEqual(ended);
      expect(await stateOf(bench, id)).toEqual(['completed', 1]);
      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'completed'],
        [2, 'discarded'],
        [3, 'discarded'],
      ]);
    });

    it('puts nothing back on the queue when a later attempt runs already', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch(
        [{ id, attempt: 2, workerId: 'w2', startedAtMs: CREATED_AT_MS + 50 }],
        CREATED_AT_MS + 50,
      );
      const late = await bench.writer.end(sampleEnd(id, { outcome: retryAt(CREATED_AT_MS + 99) }));

      expect(late._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(await stateOf(bench, id)).toEqual(['running', 2]);
      expect(await outcomesOf(bench, id)).toEqual([[1, 'retry']]);
    });

    it('counts the ends of one task that are told in one turn in their order', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const answers = await Promise.all([
        bench.writer.end(sampleEnd(id, { outcome: retryAt(CREATED_AT_MS + 99) })),
        bench.writer.end(sampleEnd(id, { attempt: 2 })),
        bench.writer.end(sampleEnd(id, { attempt: 3, outcome: { kind: 'cancelled' } })),
      ]);

      expect(answers.map((answer) => answer._unsafeUnwrap().kind)).toEqual(['recorded', 'recorded', 'ended']);
      expect(await stateOf(bench, id)).toEqual(['completed', 2]);
      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'retry'],
        [2, 'completed'],
        [3, 'discarded'],
      ]);
    });

    it('knows nothing of an unknown task, and takes its end when it is written down', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      const end = sampleEnd(id);

      expect((await bench.writer.end(end))._unsafeUnwrap()).toEqual({ kind: 'absent' });
      expect(await bench.attempts(id)).toEqual([]);
      await bench.writer.insert(sampleEntry({ id }));
      expect((await bench.writer.end(end))._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(await outcomesOf(bench, id)).toEqual([[1, 'completed']]);
    });

    it('refuses a value that JSON cannot carry, and writes the others of its turn', async () => {
      await using bench = await setup(dialect);
      const [good, bad] = [sampleEntry(), sampleEntry()];
      await Promise.all([good, bad].map((entry) => bench.writer.insert(entry)));
      const [written, refused] = await Promise.all([
        bench.writer.end(sampleEnd(good.id)),
        bench.writer.end(sampleEnd(bad.id, { outcome: { kind: 'completed', value: 1n } })),
      ]);

      expect(written._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(refused._unsafeUnwrapErr().code).toBe('ledger-refused');
    });
  });

  describe(`cancel, reopen, noteCrash and standing on ${dialect}`, () => {
    it('opens a failed task again, and no other', async () => {
      await using bench = await setup(dialect);
      const [failed, completed] = [sampleEntry({ key: unique('nightly') }), sampleEntry()];
      for (const entry of [failed, completed]) await bench.writer.insert(entry);
      const failure: AttemptOutcome = { kind: 'failed', error: taskError('SMTP refused the connection') };
      await bench.writer.end(sampleEnd(failed.id, { outcome: failure }));
      await bench.writer.end(sampleEnd(completed.id));
      for (const { id } of [failed, completed])
        (await bench.writer.reopen(id, CREATED_AT_MS + 50))._unsafeUnwrap();

      expect([await stateOf(bench, failed.id), await stateOf(bench, completed.id)]).toEqual([
        ['pending', 0],
        ['completed', 1],
      ]);
      expect((await bench.writer.insert(sampleEntry({ key: unique('nightly') })))._unsafeUnwrap()).toEqual({
        kind: 'duplicate',
        id: failed.id,
      });
    });

    it('opens a failed task again whose unique tag another one has by now', async () => {
      await using bench = await setup(dialect);
      const [failed, next] = [
        sampleEntry({ key: unique('nightly') }),
        sampleEntry({ key: unique('nightly') }),
      ];
      await bench.writer.insert(failed);
      await bench.writer.end(sampleEnd(failed.id, { outcome: { kind: 'failed', error: taskError('no') } }));
      await bench.writer.insert(next);
      (await bench.writer.reopen(failed.id, CREATED_AT_MS + 50))._unsafeUnwrap();

      expect(await stateOf(bench, failed.id)).toEqual(['pending', 0]);
    });

    it('cancels a task that does not run, and no other', async () => {
      await using bench = await setup(dialect);
      const [waiting, running, ended] = [sampleEntry(), sampleEntry(), sampleEntry()];
      await Promise.all([waiting, running, ended].map((entry) => bench.writer.insert(entry)));
      await bench.writer.touch(
        [{ id: running.id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS }],
        CREATED_AT_MS,
      );
      await bench.writer.end(sampleEnd(ended.id));
      const cancel = async (id: TaskId) =>
        (await bench.writer.cancel(id, { reason: WILD_TEXT, nowMs: CREATED_AT_MS + 7 }))._unsafeUnwrap();

      expect(await cancel(waiting.id)).toBe(true);
      for (const id of [waiting.id, running.id, ended.id, TaskId()]) expect(await cancel(id)).toBe(false);
      expect((await bench.writer.standing(waiting.id))._unsafeUnwrap()).toEqual({
        kind: 'ended',
        ending: { kind: 'cancelled', reason: 'nul \uFFFD half \uFFFD and \uFFFD' },
      });
    });

    it('keeps a crashed attempt with what is known of it, once', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch(
        [{ id, attempt: 2, workerId: 'w1', startedAtMs: CREATED_AT_MS + 5 }],
        CREATED_AT_MS + 5,
      );
      // Told again at each later delivery, of which the crashes are those that there were.
      for (const [attempt, crashCount] of [
        [1, 1],
        [2, 2],
        [3, 2],
      ] as const) {
        const crash = { id, attempt, crashCount, foundAtMs: CREATED_AT_MS + 90 };
        (await bench.writer.noteCrash(crash))._unsafeUnwrap();
      }
      (
        await bench.writer.noteCrash({ id: TaskId(), attempt: 1, crashCount: 1, foundAtMs: 1 })
      )._unsafeUnwrap();

      const rows = await bench.attempts(id);
      expect(
        rows.map((row) => [
          Number(row['number']),
          row['outcome'],
          row['worker_id'],
          Number(row['started_at']),
        ]),
      ).toEqual([
        [1, 'crashed', null, CREATED_AT_MS + 90],
        [2, 'crashed', 'w1', CREATED_AT_MS + 5],
      ]);
    });

    it('takes no attempt for crashed that is known to have ended', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const error = taskError('SMTP refused the connection');
      await bench.writer.end(
        sampleEnd(id, { attempt: 2, outcome: { kind: 'retry', error, dueAtMs: CREATED_AT_MS + 50 } }),
      );
      // Of the first attempt nobody could be told.
      await bench.writer.noteCrash({ id, attempt: 2, crashCount: 1, foundAtMs: CREATED_AT_MS + 90 });

      expect(
        (await bench.attempts(id)).map(({ number, outcome }) => [Number(number), String(outcome)]),
      ).toEqual([[2, 'retry']]);
    });

    it('keeps the end of an attempt whose worker was taken for dead', async () => {
      await using bench = await setup(dialect);
      const ids = [sampleEntry().id, sampleEntry().id];
      for (const id of ids) {
        await bench.writer.insert(sampleEntry({ id }));
        const startedAtMs = CREATED_AT_MS + 10;
        await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs }], CREATED_AT_MS + 12);
        await bench.writer.noteCrash({ id, attempt: 1, crashCount: 1, foundAtMs: CREATED_AT_MS + 13 });
      }
      const [completed = TaskId(), discarded = TaskId()] = ids;
      await bench.writer.end(
        sampleEnd(discarded, { attempt: 2, workerId: 'w2', endedAtMs: CREATED_AT_MS + 14 }),
      );
      for (const id of ids) await bench.writer.end(sampleEnd(id));
      const outcomes = async (id: TaskId) =>
        (await bench.attempts(id)).map(({ outcome }) => outcome).toSorted();

      expect(await outcomes(completed)).toEqual(['completed']);
      expect(await outcomes(discarded)).toEqual(['completed', 'discarded']);
      expect((await bench.attempts(completed)).map((row) => Number(row['ended_at']))).toEqual([
        CREATED_AT_MS + 15,
      ]);
    });

    it('says how tasks stand, those that it does not know included', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const standings = await Promise.all([id, TaskId(), id].map((each) => bench.writer.standing(each)));

      expect(standings.map((standing) => standing._unsafeUnwrap().kind)).toEqual(['open', 'absent', 'open']);
    });

    it('has everything written when it is settled', async () => {
      await using bench = await setup(dialect);
      const entries = [sampleEntry(), sampleEntry({ key: unique('a') })];
      for (const entry of entries) void bench.writer.insert(entry);
      await bench.writer.settled();

      expect(await Promise.all(entries.map(({ id }) => stateOf(bench, id)))).toEqual([
        ['pending', 0],
        ['pending', 0],
      ]);
    });
  });
};
