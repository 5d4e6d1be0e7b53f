import { chain, chord, defineTask, group, type TaskDefinition, TaskError } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const orderSchema = z.object({ orderId: z.string(), amountCents: z.int() });

// #region parts
const validateOrderTask = defineTask({
  queueName: 'orders:validate',
  schema: orderSchema,
  handler: async (order) => {
    console.log(`validate ${order.orderId}`);
    return order.amountCents > 0 ? ok(order) : err(TaskError.fatal('nothing to pay'));
  },
});

let callCount = 0;

const chargeCardTask = defineTask({
  queueName: 'orders:charge',
  schema: orderSchema,
  handler: async ({ orderId, amountCents }) => {
    console.log(`charge ${amountCents} for ${orderId}`);
    callCount += 1; // the bank does not answer the first call
    return callCount === 1 ? err(new TaskError('no answer')) : ok({ orderId, receipt: `R-${orderId}` });
  },
  options: { maxAttempts: 1 }, // the chain is tried again as a whole, from here
});

const sendReceiptTask = defineTask({
  queueName: 'orders:send-receipt',
  schema: z.object({ orderId: z.string(), receipt: z.string() }),
  handler: async ({ receipt }) => {
    console.log(`send ${receipt}`);
    return ok({ receipt });
  },
});
// #endregion

// #region chain
const placeOrderTask = defineTask({
  queueName: 'orders:place',
  schema: orderSchema,
  handler: chain(validateOrderTask, chargeCardTask, sendReceiptTask),
  options: { maxAttempts: 2, backoffMs: 10 },
});
// #endregion

// #region group
const countWordsTask = defineTask({
  queueName: 'texts:count-words',
  schema: z.object({ text: z.string() }),
  handler: async ({ text }) => ok(text.split(' ').length),
});

const findLongestTask = defineTask({
  queueName: 'texts:find-longest',
  schema: z.object({ text: z.string() }),
  handler: async ({ text }) => ok(text.split(' ').toSorted((a, b) => b.length - a.length)[0] ?? ''),
});

const reportTask = defineTask({
  queueName: 'texts:report',
  schema: z.tuple([z.number(), z.string()]),
  handler: async ([wordCount, longest]) => ok(`${wordCount} words, the longest is ${longest}`),
});

const describeTextTask = defineTask({
  queueName: 'texts:describe',
  schema: z.object({ text: z.string() }),
  handler: chord(group([countWordsTask, findLongestTask]), reportTask),
});
// #endregion

const tasks: TaskDefinition<unknown>[] = [
  ...[validateOrderTask, chargeCardTask, sendReceiptTask, placeOrderTask],
  ...[countWordsTask, findLongestTask, reportTask, describeTextTask],
];

await using example = await startExample(tasks);

// #region run
const { status, attempt, value } = await example.run(placeOrderTask, { orderId: 'o1', amountCents: 995 });
console.log(status, `in attempt ${attempt}`, JSON.stringify(value));

const described = await example.run(describeTextTask, { text: 'a chain and a group' });
console.log(described.value);
// #endregion
