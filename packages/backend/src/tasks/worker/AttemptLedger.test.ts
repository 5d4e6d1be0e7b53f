import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { type CompletedAttempt, type CrashedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type Attempt, type AttemptEnd } from './Attempt';
import { createAttemptLedger } from './AttemptLedger';
import { createShutdown } from './Shutdown';

/** What is written of a task whose output is a date as milliseconds, in its own process or in this one. */
const complete = async (value: unknown, { isIsolated }: { readonly isIsolated: boolean }) => {
  const written: CompletedAttempt[] = [];
  const writer = {
    completeWithin: async (_transaction, attempt) => {
      written.push(attempt);
      return ok(true);
    },
  } as Partial<LedgerWriter> as LedgerWriter; // nothing else is asked of it
  const ledger = createAttemptLedger({
    ledger: { writer, dialect: 'sqlite' } as Partial<TaskLedger> as TaskLedger, // likewise
    logger: silentLogger,
    appConfig: { ledgerRequired: true, workerLockMs: 30_000 },
    shutdown: createShutdown(),
    now: () => 2,
  });
  const output = z.date().transform((date) => date.getTime());
  const attempt = {
    delivery: { taskId: TaskId() },
    task: { queueName: 'dates:keep', options: isIsolated ? { isolate: true } : {}, output },
    environment: { workerId: 'w1', maxResultBytes: 100, isolation: {} },
    plan: { attempt: 1 },
    startedAt: new Date(1),
  } as unknown as Attempt; // the parts that are read
  await ledger.completeWithin(attempt, { query: async () => [] }, value);
  ledger.stop();
  return written.map((each) => each.value);
};

describe('completeWithin', () => {
  it('checks the value as that which a handler returns', async () => {
    expect(await complete(new Date(5), { isIsolated: false })).toEqual([5]);
    expect(complete(5, { isIsolated: false })).rejects.toMatchObject({ code: 'invalid-output' });
  });

  it('takes that of an isolated handler as it is: it was checked in its process', async () => {
    expect(await complete(5, { isIsolated: true })).toEqual([5]);
  });
});

/** What becomes of an attempt after a crash that the ledger could not be told of, in a worker that is about to stop. */
const recordAfterCrash = async ({ isRequired }: { readonly isRequired: boolean }) => {
  const crashes: CrashedAttempt[] = [];
  const writer = {
    standing: async () => ok({ kind: 'open' }),
    noteCrash: async (crash) => {
      crashes.push(crash);
      return err(new LedgerError('no answer', { code: 'ledger-unavailable' }));
    },
    touch: async () => ok(),
    end: async () => ok({ kind: 'recorded' }),
  } as Partial<LedgerWriter> as LedgerWriter; // nothing else is asked of it
  const shutdown = createShutdown();
  shutdown.begin();
  const ledger = createAttemptLedger({
    ledger: { writer, dialect: 'sqlite' } as Partial<TaskLedger> as TaskLedger, // likewise
    logger: silentLogger,
    appConfig: { ledgerRequired: isRequired, workerLockMs: 30_000 },
    shutdown,
    now: () => 2,
  });
  const attempt = {
    delivery: { taskId: TaskId(), crashCount: 1 },
    environment: { workerId: 'w1' },
    plan: { attempt: 2 },
    startedAt: new Date(1),
  } as unknown as Attempt; // the parts that are read
  const completed = { outcome: { kind: 'completed', value: 1 }, attempt: 2, hasBegun: true } as AttemptEnd;
  const { outcome } = await ledger.record(attempt, async () => completed);
  ledger.stop();
  return { outcome: outcome.kind, crashes: crashes.map((crash) => [crash.attempt, crash.crashCount]) };
};

describe('record', () => {
  it('runs no attempt while the crash of the one before is not written down', async () => {
    expect(await recordAfterCrash({ isRequired: true })).toEqual({ outcome: 'released', crashes: [[1, 1]] });
  });

  it('runs it all the same when tasks do not wait for the ledger', async () => {
    expect(await recordAfterCrash({ isRequired: false })).toEqual({
      outcome: 'completed',
      crashes: [[1, 1]],
    });
  });
});
