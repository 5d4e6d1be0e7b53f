import { setTimeout as sleep } from 'node:timers/promises';
import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { type NewEntity } from '@backend/services/shared/Repository';
import { type EntityHooks } from '@backend/services/shared/ServiceHooks';
import { SharedService } from '@backend/services/shared/SharedService';
import { type WriteOptions } from '@backend/services/shared/WriteOptions';
import { composeHooks, createTaskTriggerHooks, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

interface Order {
  readonly id: string;
  readonly email: string;
  readonly totalCents: number;
}

const done: string[] = [];

// #region tasks
const confirmTask = defineTask({
  queueName: 'orders:confirm',
  schema: z.object({ orderId: z.string(), email: z.email() }),
  handler: async ({ orderId, email }) => ok(done.push(`confirmed ${orderId} to ${email}`)),
});

const auditTask = defineTask({
  queueName: 'audit:write',
  schema: z.object({
    event: z.enum(['create', 'update', 'delete']),
    resource: z.string(),
    data: z.object({ id: z.string() }),
    userId: z.string().optional(),
  }),
  handler: async ({ event, resource, data }, { correlationId }) =>
    ok(done.push(`${event} of ${resource}/${data.id} by ${correlationId}`)),
});
// #endregion

await using example = await startExample([confirmTask, auditTask]);
const { appConfig, logger, scheduler } = example;
const context = { logger, appConfig: () => appConfig, scheduler };
const repo = createInMemoryRepository<string, Order>({
  entityName: 'order',
  toEntity: ({ id = crypto.randomUUID(), email, totalCents }) => ({ id, email, totalCents }),
});

// #region service
class OrdersService extends SharedService<string, Order> {
  async create(data: NewEntity<Order>, options?: WriteOptions): Promise<Result<Order, Error>> {
    return this.createEntity(data, options);
  }
}
// #endregion

// #region triggers
const triggers = createTaskTriggerHooks({
  scheduler,
  logger,
  onCreate: [
    {
      task: confirmTask,
      when: (order: Order) => order.totalCents > 0,
      transform: ({ id, email }) => ({ orderId: id, email }),
    },
    { task: auditTask, delayMs: 100 },
  ],
  onUpdate: [{ task: auditTask, when: (_order, { changes }) => changes.totalCents !== undefined }],
  onDelete: [{ task: auditTask }],
});
// #endregion

// #region compose
const tidy: EntityHooks<string, Order> = {
  beforeCreate: (order) => ok({ ...order, email: order.email.trim().toLowerCase() }),
  beforeDelete: ({ totalCents }) => (totalCents > 0 ? err(new Error('the order is not paid back')) : ok()),
};
const hooks: EntityHooks<string, Order> = composeHooks(tidy, triggers);
const orders = new OrdersService(repo, context, { resource: 'orders', hooks });
// #endregion

// #region writes
const request = { correlationId: CorrelationId('request-20') };
await orders.create({ id: 'o1', email: 'Ada@example.test', totalCents: 1250 }, request);
const refused = await orders.delete('o1', request);
await orders.update('o1', { totalCents: 0 }, request);
const deleted = await orders.delete('o1', request);
// #endregion

// #region direct
const imported: Order = { id: 'o3', email: 'eve@example.test', totalCents: 300 };
await repo.create(imported);
const triggered = await triggers.afterCreate(imported, { resource: 'orders', ...request });
// #endregion
if (triggered.isErr()) throw triggered.error;
console.log(refused.isErr() ? `${refused.error.name} ${refused.error.message}` : 'deleted');
console.log(deleted.isOk() ? 'deleted' : deleted.error.message);
while (done.length < 6) await sleep(10);
for (const line of done.toSorted()) console.log(line);

// #region return
const strict = createTaskTriggerHooks({
  scheduler,
  logger,
  onFailure: 'return',
  onCreate: [{ task: confirmTask, transform: ({ id, email }: Order) => ({ orderId: id, email }) }],
});
const strictOrders = new OrdersService(repo, context, { resource: 'orders', hooks: strict });
const created = await strictOrders.create({ id: 'o2', email: 'nobody', totalCents: 0 }, request);
if (created.isErr()) console.log(created.error.name, created.error.message);
// #endregion
console.log((await repo.get('o2')).isOk() ? 'o2 is stored' : 'o2 is not stored');
