import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { type CrashedAttempt, type EndedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type Attempt, type AttemptEnd } from './Attempt';
import { createAttemptLedger, UNWRITTEN_MESSAGE } from './AttemptLedger';
import { createShutdown } from './Shutdown';

const away = err(new LedgerError('no answer', { code: 'ledger-unavailable' }));

/** A ledger that answers well but for what is given, and an attempt to record in a worker that, unless it is said, waits for nothing. */
const setup = ({
  isRequired = true,
  isStopping = true,
  ...given
}: Partial<LedgerWriter> & { readonly isRequired?: boolean; readonly isStopping?: boolean }) => {
  const writer = {
    standing: async () => ok({ kind: 'open' }),
    touch: async () => ok(),
    end: async () => ok({ kind: 'recorded' }),
    ...given,
  } as Partial<LedgerWriter> as LedgerWriter; // nothing else is asked of it
  const shutdown = createShutdown();
  const logger = getMockedLogger();
  if (isStopping) shutdown.begin();
  const ledger = createAttemptLedger({
    ledger: { writer, dialect: 'sqlite' } as Partial<TaskLedger> as TaskLedger, // likewise
    logger,
    appConfig: { ledgerRequired: isRequired, workerLockMs: 30_000 },
    shutdown,
    now: () => 2,
  });
  const taskId = TaskId();
  const attempt = {
    delivery: { taskId, crashCount: 1, scheduledAt: new Date(0), delayMs: 0, jobPriority: 51 },
    task: { queueName: 'dates:keep', options: {} },
    envelope: { payload: 7 },
    environment: { workerId: 'w1' },
    plan: { attempt: 2, maxAttempts: 3 },
    startedAt: new Date(1),
  } as unknown as Attempt; // the parts that are read
  const completed = { outcome: { kind: 'completed', value: 1 }, attempt: 2, hasBegun: true } as AttemptEnd;
  return { ledger, taskId, logger, shutdown, record: () => ledger.record(attempt, async () => completed) };
};

describe('record', () => {
  it.each([
    [true, 'released'],
    [false, 'completed'],
  ] as const)(
    'of an attempt after a crash that is not written down, which tasks wait for: %p, is %s',
    async (isRequired, kind) => {
      const crashes: CrashedAttempt[] = [];
      const noteCrash = async (crash: CrashedAttempt) => {
        crashes.push(crash);
        return away;
      };
      const { ledger, record } = setup({ isRequired, noteCrash });
      const { outcome } = await record();
      await ledger.stop(0);

      expect(outcome.kind).toBe(kind);
      expect(crashes).toMatchObject([{ attempt: 1, crashCount: 1 }]);
    },
  );
});

describe('record of an attempt whose task has no row by then', () => {
  it.each([true, false])(
    'writes the task down with its end, whether tasks wait for the ledger: %p',
    async (isRequired) => {
      const told: unknown[] = [];
      const { record, taskId } = setup({
        isRequired,
        noteCrash: async () => ok(),
        end: async () => ok({ kind: 'absent' }),
        endUnknown: async ({ id, taskName, envelope }, { attempt, outcome }) => {
          told.push([id, taskName, envelope.payload, attempt, outcome.kind]);
          return ok({ kind: 'recorded' });
        },
      });
      const { outcome } = await record();

      expect(told).toEqual([[taskId, 'dates:keep', 7, 2, 'completed']]);
      expect(outcome.kind).toBe('completed');
    },
  );
});

describe('noteCancelled', () => {
  it('writes that nobody runs the task, whose id is one of ours', async () => {
    const cancelled: unknown[] = [];
    const cancel: LedgerWriter['cancel'] = async (...args) => {
      cancelled.push(args);
      return ok(true);
    };
    const { ledger } = setup({ cancel });
    const id = TaskId();
    await ledger.noteCancelled(id, 'sold out');
    await ledger.noteCancelled('job-1', undefined);

    expect(cancelled).toEqual([[id, { reason: 'sold out', nowMs: 2, isIdle: true }]]);
  });
});

describe('noteCancelled of a worker that stops while the ledger is away', () => {
  it('asks no more, and had asked for the moment of the cancellation', async () => {
    const told: unknown[] = [];
    const asked = Promise.withResolvers<void>();
    const { ledger, shutdown } = setup({
      isStopping: false,
      cancel: async (_, { nowMs }) => {
        told.push(nowMs);
        asked.resolve();
        return away;
      },
    });
    const noted = ledger.noteCancelled(TaskId(), undefined);
    await asked.promise;
    shutdown.begin();
    await noted;

    expect(told).toEqual([2]);
  });
});

describe('record of an attempt while an end of its task waits', () => {
  it('has it wait behind that', async () => {
    const answers: Awaited<ReturnType<LedgerWriter['end']>>[] = [away];
    const written: number[] = [];
    const first = Promise.withResolvers<void>();
    const end = async ({ attempt }: EndedAttempt) => {
      const answer = answers.shift() ?? ok({ kind: 'recorded' as const });
      if (answer.isOk()) {
        if (written.length === 0) await first.promise;
        written.push(attempt);
      }
      return answer;
    };
    const { ledger, record } = setup({ isRequired: false, noteCrash: async () => ok(), end });
    await record();
    await record();
    expect(written).toEqual([]);
    first.resolve();
    await ledger.stop(1000);

    expect(written).toEqual([2, 2]);
  });

  it('says so when the worker has stopped, and it waits for nothing any more', async () => {
    const { ledger, logger, record, taskId } = setup({
      isRequired: false,
      noteCrash: async () => ok(),
      end: async () => away,
    });
    await record();
    await ledger.stop(1000);
    logger.warn.mockClear();
    const { outcome } = await record();

    expect(outcome.kind).toBe('completed');
    expect(logger.warn.mock.calls).toMatchObject([
      [UNWRITTEN_MESSAGE, { taskId, attempt: 2, reason: expect.stringContaining('the worker has stopped') }],
    ]);
  });
});

describe('record of an attempt whose task has ended as it has itself', () => {
  it.each([
    ['completed', { kind: 'completed', value: 1 }, true],
    ['cancelled', { kind: 'cancelled' }, undefined],
  ] as const)('says that the ledger has it: when that was %s', async (_, ending, isRecorded) => {
    const { record } = setup({
      noteCrash: async () => ok(),
      end: async () => ok({ kind: 'ended', ending }),
    });
    const { outcome, isRecorded: isTold } = await record();

    expect([outcome.kind, isTold]).toEqual([ending.kind, isRecorded]);
  });
});

describe('record of an attempt whose task somebody wanted to stop', () => {
  it('ends as the ledger has made of it, and says that the ledger has it', async () => {
    const cancelled = { kind: 'cancelled', reason: 'sold out' } as const;
    const { logger, record } = setup({
      noteCrash: async () => ok(),
      end: async () => ok({ kind: 'recorded', cancelled }),
    });
    const { outcome, isRecorded } = await record();

    expect([outcome.kind, isRecorded]).toEqual(['cancelled', true]);
    expect(outcome).toMatchObject({ error: { message: 'the task was cancelled: sold out' } });
    expect(logger.warn.mock.calls).toEqual([]);
  });
});

describe('stop', () => {
  it('resolves when the ends that waited for the ledger are written', async () => {
    const answers: Awaited<ReturnType<LedgerWriter['end']>>[] = [away];
    const written: number[] = [];
    const end = async (attempt: EndedAttempt) => {
      const answer = answers.shift() ?? ok({ kind: 'recorded' as const });
      await Bun.sleep(0);
      if (answer.isOk()) written.push(attempt.attempt);
      return answer;
    };
    const { ledger, record } = setup({ isRequired: false, noteCrash: async () => ok(), end });
    await record();

    expect(written).toEqual([]);
    await ledger.stop(1000);
    expect(written).toEqual([2]);
  });
});
