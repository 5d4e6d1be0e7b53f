import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { skipped } from '../domain/Skipped';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'mails:send',
  schema: z.object({ does: z.string() }),
  handler: async ({ does }, { attempt }) => {
    if (does === 'fail') return err(TaskError.fatal('never', { code: 550 }));
    if (does === 'exhaust' || (does === 'retry' && attempt === 1)) return err(new TaskError('again'));
    if (does === 'wait') return err(new TaskError('SMTP is down', {}));
    if (does === 'snooze') return err(TaskError.retryLater(600_000));
    return ok(does === 'skip' ? skipped('unsubscribed') : { does });
  },
});

const TIMES = ['scheduledAt', 'startedAt', 'endedAt', 'dueAt'] as const;

/** Two processes write the times, each by its clock: those of a record as numbers, that are equal when they are near. */
const near = (record: TaskRecord, other: TaskRecord): unknown => {
  const times = TIMES.map((name) => {
    const [time, otherTime] = [record[name]?.getTime(), other[name]?.getTime()];
    if (time === undefined || otherTime === undefined) return [name, time];
    return [name, Math.abs(time - otherTime) < 5000 ? otherTime : time];
  });
  return { ...record, ...Object.fromEntries(times) };
};

describe('a task in the ledger', () => {
  it('is what Redis says of it', async () => {
    await using directory = await createTemporaryDirectory();
    await using bench = await createTaskBench({
      tasks: [task],
      env: { LEDGER_URL: `sqlite://${join(directory.path, 'ledger.sqlite')}` },
    });
    const userId = UserId();
    const metadata = { source: 'test' };
    const later = await bench.schedule(task, { does: 'x' }, { delayMs: 600_000, userId, metadata });
    const cancelled = await bench.schedule(task, { does: 'x' }, { delayMs: 600_000 });
    (await bench.inspector.cancel(cancelled, 'too late'))._unsafeUnwrap();
    await bench.startWorker();
    const schedule = (does: string, options = {}): Promise<TaskId> => bench.schedule(task, { does }, options);
    const ended = [
      await schedule('pass', { expiresInMs: 600_000, priority: 'high' }),
      await schedule('skip'),
      await schedule('fail'),
      await schedule('retry'),
      await schedule('exhaust', { maxAttempts: 2 }),
    ];
    const waiting = [await schedule('wait', { backoffMs: 600_000 }), await schedule('snooze')];
    for (const id of ended) await bench.ended(id);
    await bench.reaches(waiting[0] ?? later, 'retrying');
    await bench.reaches(waiting[1] ?? later, 'scheduled');
    const { tasks } = (await bench.inspector.getTasks())._unsafeUnwrap();

    expect(tasks.map(({ id }) => id).toSorted()).toEqual([later, cancelled, ...ended, ...waiting].toSorted());
    for (const kept of tasks) {
      const live = await bench.record(kept.id);
      expect(near(kept, live)).toEqual(near(live, live));
    }
  });

  it('is told apart from one that nobody knows', async () => {
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { inspector } = setup.bench;
    const id = TaskId();
    const refusal = {
      code: 'not-found',
      message: `no registered queue holds the task "${id}", nor does the ledger know it`,
    };

    expect((await inspector.getTask(id))._unsafeUnwrapErr()).toMatchObject(refusal);
    expect((await inspector.why(id))._unsafeUnwrapErr()).toMatchObject(refusal);
  });
});
