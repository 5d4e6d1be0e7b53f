import { defineTask } from '@backend/tasks';
import { NotIdempotentError, proveIdempotent } from '@backend/tasks/testing';
import { ok } from 'neverthrow';
import { z } from 'zod';

// #region world
const createWorld = () => {
  const charges: { orderId: string; key: string | undefined }[] = [];
  const mailed = new Set<string>();
  return {
    effects: {
      bank: {
        charge: async (orderId: string, key?: string) => {
          const isKnown = key !== undefined && charges.some((charge) => charge.key === key);
          if (!isKnown) charges.push({ orderId, key });
        },
      },
      mailer: { send: async (to: string) => void mailed.add(to) },
    },
    snapshot: () => ({ charged: charges.map(({ orderId }) => orderId), mailed }),
  };
};

type Effects = ReturnType<typeof createWorld>['effects'];
// #endregion

// #region careless
const schema = z.object({ orderId: z.string() });

const carelessTask = ({ bank, mailer }: Effects) =>
  defineTask({
    queueName: 'billing:charge',
    schema,
    handler: async ({ orderId }) => {
      await bank.charge(orderId);
      await mailer.send('ada@example.test');
      return ok();
    },
  });

try {
  await proveIdempotent(carelessTask, { orderId: 'o1' }, { world: createWorld });
} catch (error) {
  if (error instanceof NotIdempotentError) console.log(error.message);
}
// #endregion

// #region careful
const carefulTask = ({ bank, mailer }: Effects) =>
  defineTask({
    queueName: 'billing:charge',
    schema,
    handler: async ({ orderId }, ctx) => {
      await ctx.step('charge', ({ idempotencyKey }) => bank.charge(orderId, idempotencyKey));
      await mailer.send('ada@example.test');
      return ok();
    },
  });

console.log(await proveIdempotent(carefulTask, { orderId: 'o1' }, { world: createWorld }));
// #endregion
