import { describe, expect, it } from 'bun:test';
import { type TaskId } from '../../domain/TaskId';
import { describeCancel } from '../__fixtures__/describeCancel';
import { describeCancelRequest } from '../__fixtures__/describeCancelRequest';
import { describeCancelTogether } from '../__fixtures__/describeCancelTogether';
import { describeEnd } from '../__fixtures__/describeEnd';
import { describeInsert } from '../__fixtures__/describeInsert';
import { describeTouch } from '../__fixtures__/describeTouch';
import { CREATED_AT_MS, createLedgerBench, sampleEnd, sampleEntry } from '../__fixtures__/LedgerBench';
import { type LedgerKey } from '../LedgerEntry';
import { createSqlWriter } from './sqlWriter';

describeInsert('postgres');
describeTouch('postgres');
describeEnd('postgres');
describeCancel('postgres');
describeCancelRequest('postgres');
describeCancelTogether('postgres');

/** Two tasks of which a transaction that is still open has completed one, and the late end of that one beside the end of the other. */
const setup = async () => {
  const bench = await createLedgerBench('postgres');
  const writer = createSqlWriter(bench.ledgerDatabase);
  const [held, free] = [sampleEntry(), sampleEntry()];
  for (const entry of [held, free]) (await writer.insert(entry))._unsafeUnwrap();
  (await writer.touch([{ id: held.id, attempt: 1, workerId: 'w1', startedAtMs: 1 }], 1))._unsafeUnwrap();
  const gate = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const transaction = bench.database.transaction(async (executor) => {
    const attempt = { id: held.id, attempt: 1, workerId: 'w1', startedAtMs: 1, endedAtMs: 2, value: 'in it' };
    (await writer.completeWithin(executor, attempt))._unsafeUnwrap();
    open.resolve();
    await gate.promise;
  });
  await open.promise;
  const error = { message: 'too slow', code: 'timeout', attempt: 1 } as const;
  const late = writer.end(sampleEnd(held.id, { outcome: { kind: 'retry', error, dueAtMs: 9 } }));
  const other = writer.end(sampleEnd(free.id));
  return Object.assign(bench, { writer, held, free, gate, transaction, late, other });
};

const outcomesOf = async (bench: Awaited<ReturnType<typeof setup>>) =>
  (await bench.attempts(bench.held.id)).map(({ outcome }) => outcome);

describe('end on postgres beside an open transaction that completes a task', () => {
  it('lets no end of another task wait, and finds that the task is completed', async () => {
    await using bench = await setup();
    const { writer, held, free, gate, transaction, late, other } = bench;

    expect((await other)._unsafeUnwrap()).toEqual({ kind: 'recorded' });
    expect((await bench.row(free.id))?.['status']).toBe('completed');

    gate.resolve();
    await transaction;
    expect((await late)._unsafeUnwrap()).toEqual({
      kind: 'ended',
      ending: { kind: 'completed', value: 'in it' },
    });
    await writer.settled();
    expect((await bench.row(held.id))?.['status']).toBe('completed');
  });

  it('writes the end when the transaction is rolled back, once', async () => {
    await using bench = await setup();
    const { writer, held, gate, transaction, late, other } = bench;
    const rolledBack = transaction.catch((thrown: unknown) => thrown);
    await other;

    const no = new Error('rolled back');
    gate.reject(no);
    await writer.settled();

    expect(await rolledBack).toBe(no);
    expect((await late)._unsafeUnwrap()).toEqual({ kind: 'recorded' });
    expect((await bench.row(held.id))?.['status']).toBe('retrying');
    expect(await outcomesOf(bench)).toEqual(['retry']);
  });
});

describe('cancel on postgres beside an open transaction that completes a task', () => {
  it('lets no cancellation of another task wait, and finds that the task is completed', async () => {
    await using bench = await setup();
    const { writer, held, gate, transaction } = bench;
    const waiting = sampleEntry();
    (await writer.insert(waiting))._unsafeUnwrap();
    const ofHeld = writer.cancel(held.id, { nowMs: CREATED_AT_MS, isIdle: true });

    expect((await writer.cancel(waiting.id, { nowMs: CREATED_AT_MS }))._unsafeUnwrap()).toBe(true);

    gate.resolve();
    await transaction;
    expect((await ofHeld)._unsafeUnwrap()).toBe(false);
    await writer.settled();
    expect((await bench.row(held.id))?.['status']).toBe('completed');
  });
});

describe('requestCancel on postgres beside an open transaction that completes a task', () => {
  it('waits for none of them on a connection, and finds that the task is completed', async () => {
    await using bench = await setup();
    const { writer, held, gate, transaction } = bench;
    const running = sampleEntry();
    (await writer.insert(running))._unsafeUnwrap();
    const attempt = { id: running.id, attempt: 1, workerId: 'w1', startedAtMs: 1 };
    (await writer.touch([attempt], 1))._unsafeUnwrap();
    const request = (id: TaskId) => writer.requestCancel(id, { nowMs: CREATED_AT_MS });
    // More than there are connections.
    const ofHeld = Array.from({ length: 12 }, () => request(held.id));

    expect((await request(running.id))._unsafeUnwrap()).toBe(true);

    gate.resolve();
    await transaction;
    expect((await Promise.all(ofHeld)).map((answer) => answer._unsafeUnwrap())).toEqual(
      ofHeld.map(() => false),
    );
  });

  it('notes it when the transaction is rolled back', async () => {
    await using bench = await createLedgerBench('postgres');
    const writer = createSqlWriter(bench.ledgerDatabase);
    const { id } = sampleEntry();
    (await writer.insert(sampleEntry({ id })))._unsafeUnwrap();
    const attempt = { id, attempt: 1, workerId: 'w1', startedAtMs: 1 };
    (await writer.touch([attempt], 1))._unsafeUnwrap();
    const no = new Error('rolled back');
    const transaction = bench.database.transaction(async (executor) => {
      await writer.completeWithin(executor, { ...attempt, endedAtMs: 2, value: 'in it' });
      const requested = writer.requestCancel(id, { reason: 'too late', nowMs: CREATED_AT_MS });
      // It has found the row held by then.
      await Promise.race([requested, Bun.sleep(50)]);
      throw no;
    });
    const rolledBack = await transaction.catch((thrown: unknown) => thrown);
    await writer.settled();

    expect(rolledBack).toBe(no);
    expect((await bench.row(id))?.['cancel_reason']).toBe('too late');
  });
});

describe('insert on postgres beside an open transaction that has a key', () => {
  it('lets no insert with another key wait, however many calls wait for the first', async () => {
    await using bench = await createLedgerBench('postgres');
    const writer = createSqlWriter(bench.ledgerDatabase);
    const entryOf = (key: string) => {
      const held: LedgerKey = { kind: 'idempotency', key, expiresAtMs: CREATED_AT_MS + 1000 };
      return sampleEntry({ key: held });
    };
    const first = entryOf('K');
    const gate = Promise.withResolvers<void>();
    const open = Promise.withResolvers<void>();
    const transaction = bench.database.transaction(async (executor) => {
      (await writer.insertWithin(executor, first))._unsafeUnwrap();
      open.resolve();
      await gate.promise;
    });
    await open.promise;
    const same = Array.from({ length: 40 }, () => writer.insert(entryOf('K')));

    expect((await writer.insert(entryOf('L')))._unsafeUnwrap()).toEqual({ kind: 'created' });

    gate.resolve();
    await transaction;
    const answers = (await Promise.all(same)).map((answer) => answer._unsafeUnwrap());
    expect(answers).toEqual(same.map(() => ({ kind: 'duplicate', id: first.id })));
  });
});
