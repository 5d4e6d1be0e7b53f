/** The samples of the first requirements (spec 000) that schedule or run on a Redis: see `spec000.test.ts`. */
import { describe, expect, it } from 'bun:test';
import { getAppConfig } from '@backend/config/AppConfig';
import { SharedService } from '@backend/services/shared/SharedService';
import { sendWelcomeEmailTask } from '@backend/services/users/tasks/sendWelcomeEmailTask';
import { createUsersRepository } from '@backend/services/users/usersRepository';
import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type PartialUser, type User, UserId } from '@core/domain/user/user';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import zod from 'zod';
import { createTaskBench } from './worker/__fixtures__/TaskBench';

const noteSchema = zod.object({ to: zod.email() });

const noteTask = defineTask({
  queueName: 'notes:send',
  validator: (data) => validate(noteSchema, data),
  handler: async (payload, ctx) => {
    ctx.logger.info('Note sent', { correlationId: ctx.correlationId, to: payload.to });
    return ok({ success: true, duration: 7 });
  },
});

describe('Spec 000: scheduling', () => {
  it('schedules with a correlation ID and runs the task, whose lines carry it', async () => {
    await using bench = await createTaskBench({ tasks: [noteTask] });
    const { logger, appConfig } = bench;
    const correlationId = CorrelationId();
    const scheduler = createTaskScheduler({ logger, appConfig });
    const scheduled = await scheduler.schedule(correlationId, noteTask, { to: 'ada@example.com' });
    await bench.startWorker();
    const record = await bench.ended(scheduled._unsafeUnwrap().id);

    expect(record).toMatchObject({
      status: 'completed',
      value: { success: true, duration: 7 },
      correlationId,
      attempt: 1,
    });
    expect(logger.info).toHaveBeenCalledWith('Note sent', { correlationId, to: 'ada@example.com' });
  });

  it('schedules for a user, with a delay', async () => {
    await using bench = await createTaskBench({ tasks: [noteTask] });
    const userId = UserId();
    const scheduled = await bench.scheduler.schedule(
      CorrelationId(),
      noteTask,
      { to: 'ada@example.com' },
      { userId, delayMs: 5000 },
    );
    const { id } = scheduled._unsafeUnwrap();

    expect(await bench.record(id)).toMatchObject({ status: 'scheduled', userId, attempt: 0 });
    expect((await bench.queue(noteTask).getJob(id))?.delay).toBe(5000);
  });

  it('schedules from a service’s create', async () => {
    await using bench = await createTaskBench({ tasks: [sendWelcomeEmailTask] });
    const ids: string[] = [];

    class MembersService extends SharedService<UserId, User> {
      async create(data: PartialUser): Promise<Result<User, Error>> {
        const created = await this.repo.create(data);
        if (created.isErr()) return err(created.error);
        const user = created.value;
        const scheduler = createTaskScheduler({
          logger: this.context.logger,
          appConfig: this.context.appConfig(),
        });
        const scheduled = await scheduler.schedule(CorrelationId(), sendWelcomeEmailTask, {
          userId: user.id,
          email: user.email,
          name: user.name,
        });
        return scheduled.map(({ id }) => {
          ids.push(id);
          return user;
        });
      }
    }

    const service = new MembersService(createUsersRepository(), {
      logger: bench.logger,
      appConfig: () => bench.appConfig,
    });
    const user = (await service.create({ email: 'ada@example.com', name: 'Ada' }))._unsafeUnwrap();
    const job = await bench.queue(sendWelcomeEmailTask).getJob(ids[0] ?? '');

    expect(job?.data).toMatchObject({ payload: { userId: user.id, email: 'ada@example.com', name: 'Ada' } });
  });
});

describe('Spec 000: automatic retries', () => {
  it('runs until maxAttempts are used up, then keeps the task as failed', async () => {
    const attempts: [number, number][] = [];
    const task = defineTask({
      queueName: 'rates:fetch',
      validator: (data) => ok(data),
      handler: async (_payload, ctx) => {
        attempts.push([ctx.attempt, ctx.maxAttempts]);
        return err(new TaskError('no rates'));
      },
      options: { maxAttempts: 5, backoffMs: 1 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const record = await bench.ended(await bench.schedule(task, {}));

    expect(attempts).toEqual([1, 2, 3, 4, 5].map((attempt) => [attempt, 5]));
    expect(record).toMatchObject({ status: 'failed', error: { message: 'no rates', reason: 'exhausted' } });
  });
});

describe('Spec 000: a task that schedules itself', () => {
  it('is on the queue again, a day later, once it has run', async () => {
    const validSweep = (data: unknown) => validate(zod.object({ scheduledAt: zod.number() }), data);
    const nextIds: string[] = [];
    const sweepTask: TaskDefinition<{ scheduledAt: number }> = defineTask({
      queueName: 'rooms:sweep',
      validator: validSweep,
      handler: async (_payload, ctx) => {
        const scheduler = createTaskScheduler({ logger: ctx.logger, appConfig: getAppConfig() });
        const next = await scheduler.schedule(
          CorrelationId(),
          sweepTask,
          { scheduledAt: Date.now() },
          { delayMs: 24 * 60 * 60 * 1000 },
        );
        nextIds.push(next._unsafeUnwrap().id);
        return ok({ success: true, deletedCount: 0 });
      },
    });
    await using bench = await createTaskBench({ tasks: [sweepTask] });
    using _environment = withEnvironment({
      REDIS_URL: bench.appConfig.redisUrl,
      QUEUE_PREFIX: bench.appConfig.queuePrefix,
    });
    await bench.startWorker();
    await bench.ended(await bench.schedule(sweepTask, { scheduledAt: Date.now() }));
    const next = await bench.queue(sweepTask).getJob(nextIds[0] ?? '');

    expect([nextIds.length, next?.delay, await next?.getState()]).toEqual([1, 86_400_000, 'delayed']);
  });
});

/** Sets variables of this process until it is disposed. */
const withEnvironment = (variables: Readonly<Record<string, string>>): Disposable => {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]: () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
};
