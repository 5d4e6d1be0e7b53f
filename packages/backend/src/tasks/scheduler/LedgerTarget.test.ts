import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { type LedgerInsert } from '../ledger/LedgerWriter';
import { type TaskLedger } from '../ledger/TaskLedger';
import { PublishError } from '../queue/publish';
import { createLedgerTarget } from './LedgerTarget';
import { type ScheduledJob } from './ScheduledEntry';
import { type ScheduleTarget } from './ScheduleTarget';
import { createSchedulerFor } from './TaskScheduler';

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly inserted?: Result<LedgerInsert, LedgerError>;
  /** What the queue answers to a job. */
  readonly published?: (job: ScheduledJob) => Result<TaskId, PublishError>;
  readonly isRedisReady?: boolean;
  readonly absorbed?: Result<void, LedgerError>;
}

const setup = ({
  env = {},
  inserted = ok({ kind: 'created' }),
  published = ({ id }) => ok(id),
  isRedisReady = true,
  absorbed = ok(),
}: Given = {}) => {
  const notes: string[] = [];
  const jobs: ScheduledJob[] = [];
  const queues = {
    nowMs: () => 1000,
    publish: async (job: ScheduledJob) => {
      notes.push('publish');
      jobs.push(job);
      return published(job);
    },
    toHandle: (receipt: object) => receipt,
  } as unknown as ScheduleTarget; // what a call needs of it
  const ledger = {
    writer: {
      insert: async () => {
        notes.push('insert');
        return inserted;
      },
    },
    outbox: {
      notePublished: () => notes.push('note'),
      absorb: async () => {
        notes.push('absorb');
        return absorbed;
      },
    },
  } as unknown as TaskLedger; // the same
  const appConfig = parseAppConfig({ NODE_ENV: 'test', ...env })._unsafeUnwrap();
  const logger = getMockedLogger();
  const target = createLedgerTarget({ ledger, queues, isRedisReady: () => isRedisReady, logger, appConfig });
  const task = defineTask({
    queueName: 'mails:send',
    schema: z.object({ n: z.number() }),
    handler: async () => ok(),
    options: { idempotencyKey: ({ n }) => String(n) },
  });
  const scheduler = createSchedulerFor(target, appConfig);
  return { notes, jobs, logger, schedule: () => scheduler.schedule(CorrelationId(), task, { n: 1 }) };
};

const refuse = () => err(new PublishError('Redis is not reachable: gone', { code: 'unreachable' }));

describe('createLedgerTarget', () => {
  it('writes a task down before it puts it on its queue, without BullMQ’s own deduplication', async () => {
    const { schedule, notes, jobs } = setup();

    expect((await schedule())._unsafeUnwrap().disposition).toBe('created');
    expect(notes).toEqual(['insert', 'publish', 'note']);
    expect(jobs[0]?.options.deduplication).toBeUndefined();
  });

  it('has the job say when the task was scheduled, as the ledger does, however long writing it down took', async () => {
    const { schedule, jobs } = setup();
    await schedule();

    expect(jobs[0]?.options.timestamp).toBe(1000);
  });

  it('puts nothing on the queue for which another task stands', async () => {
    const id = TaskId();
    const { schedule, notes } = setup({ inserted: ok({ kind: 'duplicate', id }) });

    expect((await schedule())._unsafeUnwrap()).toMatchObject({ id, disposition: 'duplicate' });
    expect(notes).toEqual(['insert']);
  });

  it('has scheduled a task that Redis does not take, and asks Redis no more for a while', async () => {
    const { schedule, notes, logger } = setup({ published: refuse, isRedisReady: false });

    expect((await schedule())._unsafeUnwrap().disposition).toBe('created');
    expect((await schedule())._unsafeUnwrap().disposition).toBe('created');
    expect(notes).toEqual(['insert', 'publish', 'insert']);
    expect(logger.warn.mock.calls).toEqual([
      [
        'Tasks wait in the ledger: Redis does not take them',
        { taskName: 'mails:send', reason: 'Redis is not reachable: gone' },
      ],
    ]);
  });

  it('refuses a task while the ledger is away', async () => {
    const { schedule, notes } = setup({ inserted: err(away) });
    const error = (await schedule())._unsafeUnwrapErr();

    expect(error).toMatchObject({ code: 'ledger-unavailable', metadata: { isUnknown: true } });
    expect(error.message).toBe('mails:send could not be scheduled: no answer');
    expect(notes).toEqual(['insert']);
  });

  it.each(['ledger-refused', 'ledger-schema', 'ledger-disabled'] as const)(
    'is certain that a task was not taken whose error is %s',
    async (code) => {
      const { schedule } = setup({ inserted: err(new LedgerError('no', { code })) });

      expect((await schedule())._unsafeUnwrapErr()).toMatchObject({ code, metadata: { isUnknown: false } });
    },
  );

  it('schedules without a ledger that is away, if it may', async () => {
    const { schedule, jobs } = setup({ env: { LEDGER_REQUIRED: 'false' }, inserted: err(away) });

    expect((await schedule())._unsafeUnwrap().disposition).toBe('created');
    expect(jobs[0]?.options.deduplication).toEqual({
      id: expect.stringMatching(/^idempotency-/),
      ttl: 24 * 60 * 60 * 1000,
    });
  });

  it('forgets a task that the queue made a part of another one', async () => {
    const other = TaskId();
    const { schedule, notes } = setup({ published: () => ok(other) });

    expect((await schedule())._unsafeUnwrap().id).toBe(other);
    expect(notes).toEqual(['insert', 'publish', 'absorb']);
  });

  it('says that the ledger did not forget such a task', async () => {
    const other = TaskId();
    const { schedule, logger } = setup({ published: () => ok(other), absorbed: err(away) });

    expect((await schedule())._unsafeUnwrap().id).toBe(other);
    expect(logger.warn.mock.calls).toEqual([
      [
        'A replaced task stays in the ledger for now, which does not answer',
        { taskName: 'mails:send', taskId: expect.any(String), reason: 'no answer' },
      ],
    ]);
  });

  it('writes nothing down while tasks are switched off', async () => {
    const { schedule, notes } = setup({ env: { TASKS_ENABLED: 'false' } });
    await schedule();

    expect(notes).toEqual(['publish']);
  });
});
