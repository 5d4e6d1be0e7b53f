import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { DeadlineError } from '@backend/deadline/settleWithin';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { err, ok } from 'neverthrow';
import { sampleRecord } from '../domain/__fixtures__/sampleRecord';
import { type TaskId } from '../domain/TaskId';
import { createQueueAccess, type QueueAccess } from '../queue/QueueAccess';
import { createLedgerBench, sampleEnd, sampleEntry } from './__fixtures__/LedgerBench';
import { taskError } from './__fixtures__/WriterBench';
import { changeTask } from './cancelTask';
import { LedgerError } from './LedgerError';
import { type AttemptOutcome } from './LedgerWriter';
import { createSqlTaskLedger } from './sqlTaskLedger';
import { type ChangedTask, type TaskCancellation } from './TaskCancellation';

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });

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

/** Queues that answer this, call by call. */
const answering = (answers: unknown[]): QueueAccess['run'] =>
  (async () => ok(answers.shift())) as QueueAccess['run']; // what its calls ask for

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

describe('changeTask of a task that runs and that no queue holds', () => {
  it('tells its worker at each call, and the log when that could not be done', async () => {
    const { bench, cancellation } = await setup();
    await using _ = bench;
    const id = cancellation.id as TaskId; // made by setup
    const startedAtMs = Date.now();
    const attempt = { id, attempt: 1, workerId: 'w1', startedAtMs };
    (await cancellation.ledger?.writer.touch([attempt], startedAtMs))?._unsafeUnwrap();
    const logger = getMockedLogger();
    const answers = [
      ok({ change: 'none' }),
      err(new DeadlineError('no answer')),
      ok({ change: 'none' }),
      ok(),
    ];
    let callCount = 0;
    const run = (async () => answers[callCount++]) as QueueAccess['run']; // what its calls ask for
    const cancel = () =>
      changeTask({ ...cancellation, logger, access: { ...cancellation.access, run } }).then((answer) =>
        answer._unsafeUnwrap(),
      );
    const [first, second] = [await cancel(), await cancel()];

    expect([first.change, second.change, callCount]).toEqual(['requested', 'none', 4]);
    expect(second.record).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(Date) });
    expect(logger.warn.mock.calls).toEqual([
      [
        'A task that Redis has lost is cancelled, and its worker could not be told; it finds out by looking',
        { taskName: cancellation.taskName, taskId: id, reason: 'no answer' },
      ],
    ]);
  });
});

describe('changeTask of a task that has completed in the ledger', () => {
  it.each([
    ['its queue does not answer', true, 'not-cancellable'],
    ['tasks are switched off', false, 'tasks-disabled'],
  ] as const)('while %s', async (_, tasksEnabled, code) => {
    const { bench, cancellation } = await setup();
    await using _bench = bench;
    await cancellation.ledger?.writer.end(sampleEnd(cancellation.id as TaskId)); // made by setup
    const answer = await changeTask({
      ...cancellation,
      access: { ...cancellation.access, tasksEnabled },
    });

    expect(answer._unsafeUnwrapErr().code).toBe(code);
  });
});

describe('changeTask of a task that has failed in the ledger, while its queue does not answer', () => {
  it('asks the queue once, and the ledger', async () => {
    const { bench, cancellation } = await setup();
    await using _ = bench;
    const outcome: AttemptOutcome = { kind: 'failed', error: taskError('out of paper') };
    await cancellation.ledger?.writer.end(sampleEnd(cancellation.id as TaskId, { outcome })); // made by setup
    let callCount = 0;
    const run: QueueAccess['run'] = (command) => {
      callCount += 1;
      return cancellation.access.run(command);
    };
    const answer = await changeTask({ ...cancellation, access: { ...cancellation.access, run } });

    expect(answer._unsafeUnwrapErr()).toMatchObject({
      code: 'not-cancellable',
      metadata: { status: 'failed' },
    });
    expect(callCount).toBe(1);
  });
});

describe('changeTask of a task that was put back after its failure', () => {
  /** Its queue answers that it was put back, and what the call has done. */
  const setupPutBack = async (onQueue: ChangedTask) => {
    const { bench, cancellation } = await setup();
    const id = cancellation.id as TaskId; // made by setup
    const outcome: AttemptOutcome = { kind: 'failed', error: taskError('out of paper') };
    await cancellation.ledger?.writer.end(sampleEnd(id, { outcome }));
    const run = answering([true, { ...onQueue, record: { ...onQueue.record, id } }, []]);
    const access = { ...cancellation.access, run };
    const status = async () => (await bench.row(id))?.['status'];
    return Object.assign(bench, { cancellation: { ...cancellation, access }, id, status });
  };

  const cancelled: ChangedTask = { change: 'cancelled', record: sampleRecord({ status: 'cancelled' }) };

  const refuseToReopen = ({ ledger, ...cancellation }: TaskCancellation): TaskCancellation => ({
    ...cancellation,
    ledger: ledger && { ...ledger, writer: { ...ledger.writer, reopen: async () => err(away) } },
  });

  it('has it cancelled in both', async () => {
    await using test = await setupPutBack(cancelled);

    expect((await changeTask(test.cancellation))._unsafeUnwrap().record.status).toBe('cancelled');
    expect(await test.status()).toBe('cancelled');
  });

  it('leaves it failed in the ledger when it is not where it must be', async () => {
    await using test = await setupPutBack({ change: 'none', record: sampleRecord({ status: 'scheduled' }) });
    const answer = await changeTask({ ...test.cancellation, onlyIn: ['prioritized'] });

    expect(answer._unsafeUnwrapErr().code).toBe('not-cancellable');
    expect(await test.status()).toBe('failed');
  });

  it('says that it stays failed in the ledger when that cannot be told', async () => {
    await using test = await setupPutBack(cancelled);

    expect((await changeTask(refuseToReopen(test.cancellation)))._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      metadata: { status: 'cancelled' },
      message: `the task ${test.id} is cancelled on its queue, and the ledger could not be told: no answer; call again`,
    });
    expect(await test.status()).toBe('failed');
  });

  it('says so in the log when the ledger is not required', async () => {
    await using test = await setupPutBack(cancelled);
    const logger = getMockedLogger();
    const answer = await changeTask({
      ...refuseToReopen(test.cancellation),
      ledgerRequired: false,
      logger,
    });

    expect(answer._unsafeUnwrap().change).toBe('cancelled');
    expect(logger.warn.mock.calls).toEqual([
      [
        'The ledger could not be told that a task was put back and cancelled; it stays failed there',
        { taskName: test.cancellation.taskName, taskId: test.id, reason: 'no answer' },
      ],
    ]);
  });
});

describe('changeTask beside a ledger that is slow to say that the task has completed', () => {
  it.each([
    ['waits for it', true, 'not-cancellable'],
    ['asks the queue all the same', false, 'cancelled'],
  ] as const)('%s, where the ledger is required: %p', async (_, ledgerRequired, expected) => {
    const { bench, cancellation } = await setup();
    await using _bench = bench;
    const { ledger } = cancellation;
    await ledger?.writer.end(sampleEnd(cancellation.id as TaskId)); // made by setup
    const standing = async (id: TaskId) => {
      const kept = await ledger?.writer.standing(id);
      await Bun.sleep(350);
      return kept ?? err(away);
    };
    const record = sampleRecord({ status: 'cancelled' });
    const answer = await changeTask({
      ...cancellation,
      access: { ...cancellation.access, run: answering([{ change: 'cancelled', record }, []]) },
      ledger: ledger && { ...ledger, writer: { ...ledger.writer, standing } },
      ledgerRequired,
    });

    const told: string = answer.match(
      ({ change }) => change,
      ({ code }) => code,
    );

    expect(told).toBe(expected);
  });
});
