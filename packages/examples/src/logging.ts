import { type ILogger } from '@backend/logger/Logger';
import { defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region service
class StockService {
  constructor(private readonly logger: ILogger) {}

  async reserve(sku: string): Promise<void> {
    this.logger.info('Reserving', { sku, apiKey: 'never shown' });
  }
}
// #endregion

let stock: StockService | undefined;

// #region task
const packOrderTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ sku: z.string() }),
  handler: async ({ sku }, ctx) => {
    ctx.logger.info('Packing', { sku });
    await stock?.reserve(sku); // has a logger of its own, and its line carries the correlation ID too
    return ok();
  },
});
// #endregion

await using example = await startExample([packOrderTask]);
stock = new StockService(example.logger);
const correlationId = CorrelationId('request-42');
const scheduled = await example.scheduler.schedule(correlationId, packOrderTask, { sku: 'pen' });
if (scheduled.isErr()) throw scheduled.error;
await example.ended(scheduled.value.id);
