import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { DeadlineError } from '@backend/deadline/settleWithin';
import { silentLogger } from '@backend/logger/silentLogger';
import { err } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { createQueueAccess } from '../queue/QueueAccess';
import { TasksDisabledError } from '../queue/TasksDisabledError';
import { createLedgerBench, sampleEnd, sampleEntry } from './__fixtures__/LedgerBench';
import { changeTask } from './cancelTask';
import { createSqlTaskLedger } from './sqlTaskLedger';
import { type TaskCancellation } from './TaskCancellation';

/** A cancellation of a task that the ledger has, while its queue does not answer. */
const setup = async () => {
  const bench = await createLedgerBench('sqlite');
  const ledger = createSqlTaskLedger({ ...bench.ledgerDatabase, ...bench, migrate: async () => undefined });
  const { id, taskName } = sampleEntry();
  (await ledger.writer.insert(sampleEntry({ id })))._unsafeUnwrap();
  const access = createQueueAccess({ logger: silentLogger, appConfig: parseAppConfig({})._unsafeUnwrap() });
  const cancellation: TaskCancellation = {
    access: { ...access, run: async () => err(new DeadlineError('no answer within 2000 ms')) },
    prefix: 'test',
    ledger,
    ledgerRequired: true,
    logger: silentLogger,
    taskName,
    id,
    maxAttempts: 3,
  };
  return { bench, cancellation };
};

describe('changeTask', () => {
  it('cancels a task in the ledger when its queue does not answer', async () => {
    const { bench, cancellation } = await setup();
    await using _ = bench;

    expect((await changeTask(cancellation))._unsafeUnwrap()).toMatchObject({
      change: 'cancelled',
      record: { id: cancellation.id, status: 'cancelled' },
    });
  });

  it('cancels none then that is to be in some place of its queue', async () => {
    const { bench, cancellation } = await setup();
    await using _ = bench;
    const answer = await changeTask({ ...cancellation, onlyIn: ['delayed'] });

    expect(answer._unsafeUnwrapErr().code).toBe('queue-unavailable');
    expect(
      (await cancellation.ledger?.history.find(cancellation.id as TaskId))?._unsafeUnwrap()?.status,
    ).toBe('pending');
  });
});

describe('changeTask of a task that has completed in the ledger', () => {
  it.each([
    ['its queue does not answer', new DeadlineError('no answer within 2000 ms'), 'not-cancellable'],
    ['tasks are switched off', new TasksDisabledError(), 'tasks-disabled'],
  ] as const)('while %s', async (_, error, code) => {
    const { bench, cancellation } = await setup();
    await using _bench = bench;
    await cancellation.ledger?.writer.end(sampleEnd(cancellation.id as TaskId)); // made by setup
    const answer = await changeTask({
      ...cancellation,
      access: { ...cancellation.access, run: async () => err(error) },
    });

    expect(answer._unsafeUnwrapErr().code).toBe(code);
  });
});
