// #region test
import { expect, it } from 'bun:test';
import { resolveFrom } from '@backend/tasks';
import { exchangeTask, type Rates, ratesToken } from './exchangeTask';

it('converts an amount', async () => {
  const rates: Rates = { rateOf: async () => 2 };
  const result = await exchangeTask.handler(
    { amount: 10, currency: 'USD' },
    { resolve: resolveFrom([[ratesToken, rates]]) },
  );
  expect(result._unsafeUnwrap()).toEqual({ amount: 20, currency: 'USD' });
});
// #endregion

it('says what is missing when it is called without its resource', async () => {
  await expect(exchangeTask.handler({ amount: 10, currency: 'USD' })).rejects.toThrow(
    'the handler of rates:exchange asks for the resource "rates", and no worker runs it',
  );
});
