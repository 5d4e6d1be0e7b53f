import { defineTask, ResourceToken } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';

// #region task
/** Where rates come from. */
export interface Rates {
  rateOf(currency: string): Promise<number>;
}

/** Finds the rates of a worker. */
export const ratesToken = ResourceToken<Rates>('rates');

/** Converts an amount with today's rate. */
export const exchangeTask = defineTask({
  queueName: 'rates:exchange',
  schema: z.object({ amount: z.number(), currency: z.string() }),
  handler: async ({ amount, currency }, ctx) => {
    const rates = ctx.resolve(ratesToken); // typed: Rates
    return ok({ amount: amount * (await rates.rateOf(currency)), currency });
  },
  options: { resources: [ratesToken] },
});
// #endregion
