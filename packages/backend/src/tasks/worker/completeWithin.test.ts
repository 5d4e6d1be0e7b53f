import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { TaskId } from '../domain/TaskId';
import { type CompletedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { type Attempt } from './Attempt';
import { completeWithin } from './completeWithin';

/** What is written of a task whose output is a date as milliseconds, in its own process or in this one. */
const complete = async (value: unknown, { isIsolated }: { readonly isIsolated: boolean }) => {
  const written: CompletedAttempt[] = [];
  const writer = {
    completeWithin: async (_transaction, attempt) => {
      written.push(attempt);
      return ok('completed');
    },
  } as Partial<LedgerWriter> as LedgerWriter; // nothing else is asked of it
  const ledger = { writer, dialect: 'sqlite' } as const;
  const output = z.date().transform((date) => date.getTime());
  const attempt = {
    delivery: { taskId: TaskId() },
    task: { queueName: 'dates:keep', options: isIsolated ? { isolate: true } : {}, output },
    environment: { workerId: 'w1', maxResultBytes: 100, isolation: {} },
    plan: { attempt: 1 },
    startedAt: new Date(1),
  } as unknown as Attempt; // the parts that are read
  const transaction = { query: async () => [] };
  await completeWithin({ ledger, attempt, transaction, value, endedAtMs: 2 });
  return written.map((each) => each.value);
};

describe('completeWithin', () => {
  it('checks the value as that which a handler returns', async () => {
    expect(await complete(new Date(5), { isIsolated: false })).toEqual([5]);
    await expect(complete(5, { isIsolated: false })).rejects.toMatchObject({ code: 'invalid-output' });
  });

  it('takes that of an isolated handler as it is: it was checked in its process', async () => {
    expect(await complete(5, { isIsolated: true })).toEqual([5]);
  });
});
