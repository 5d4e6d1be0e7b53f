import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { type EntityHooks } from '@backend/services/shared/ServiceHooks';
import { UsersService } from '@backend/services/users/UsersService';
import { createUsersRepository } from '@backend/services/users/usersRepository';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type User, UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { composeHooks } from './composeHooks';
import { createTaskTriggerHooks } from './createTaskTriggerHooks';

const setup = async () => {
  const runs: unknown[] = [];
  const auditTask = defineTask({
    queueName: 'audit:write',
    schema: z.object({
      event: z.enum(['create', 'update', 'delete']),
      resource: z.string(),
      data: z.object({ name: z.string(), createdAt: z.coerce.date() }),
      userId: z.string().optional(),
    }),
    handler: async (payload, { correlationId, userId }) => {
      runs.push({ payload, correlationId, userId });
      return ok();
    },
  });
  const renamedTask = defineTask({
    queueName: 'users:renamed',
    schema: z.object({ from: z.string() }),
    handler: async (payload, { correlationId, userId, scheduledAt, startedAt }) => {
      runs.push({ payload, correlationId, userId, isLate: +startedAt - +scheduledAt >= 50 });
      return ok();
    },
  });
  const bench = await createTaskBench({ tasks: [auditTask, renamedTask] });
  const logger = getMockedLogger();
  const hooks: EntityHooks<UserId, User> = composeHooks(
    createTaskTriggerHooks({
      logger,
      scheduler: bench.scheduler,
      onCreate: [{ task: auditTask, when: (user: User) => user.name !== 'Nobody' }],
      onUpdate: [{ task: renamedTask, transform: ({ name }) => ({ from: name }), delayMs: 50 }],
      onDelete: [{ task: auditTask }],
    }),
  );
  // The welcome mail goes nowhere: only what is triggered reaches Redis.
  const context = { logger, appConfig: () => bench.appConfig, scheduler: getMockedTaskScheduler() };
  const service = new UsersService(createUsersRepository(), context, hooks);
  return { bench, logger, runs, service, [Symbol.asyncDispose]: bench[Symbol.asyncDispose] };
};

describe('the triggers of a service', () => {
  it('run tasks with the payload, the correlation ID and the user of each write', async () => {
    await using test = await setup();
    const { bench, runs, service } = test;
    await bench.startWorker();
    const request = { correlationId: CorrelationId('request-1'), userId: UserId() };
    const { id, createdAt } = (
      await service.create({ email: 'ada@example.test', name: 'Ada' }, request)
    )._unsafeUnwrap();
    await until(async () => runs.length === 1);
    await service.create({ email: 'x@example.test', name: 'Nobody' }, request);
    (await service.update(id, { name: 'Countess' }, request))._unsafeUnwrap();
    await until(async () => runs.length === 2);
    (await service.delete(id, request))._unsafeUnwrap();
    await until(async () => runs.length === 3);

    const audit = { resource: 'users', userId: request.userId };
    expect(runs).toEqual([
      { payload: { ...audit, event: 'create', data: { name: 'Ada', createdAt } }, ...request },
      { payload: { from: 'Countess' }, ...request, isLate: true },
      { payload: { ...audit, event: 'delete', data: { name: 'Countess', createdAt } }, ...request },
    ]);
    expect(test.logger.error).not.toHaveBeenCalled();
  });
});
