import { z } from 'zod';

const schemas = [
  z.object({ kind: z.literal('sleep'), ms: z.number() }),
  z.object({ kind: z.literal('ignore-signal'), ms: z.number() }),
  z.object({ kind: z.literal('block'), ms: z.number() }),
  z.object({ kind: z.literal('stray'), ms: z.number() }),
  z.object({ kind: z.literal('fail'), ms: z.number(), times: z.number() }),
  z.object({ kind: z.literal('steps'), count: z.number(), ms: z.number() }),
  z.object({ kind: z.literal('transaction'), ms: z.number() }),
  z.object({ kind: z.literal('generated'), seed: z.number() }),
] as const;

/**
 * What a handler does.
 *
 * - `sleep`: takes `ms`, ends early with its signal.
 * - `ignore-signal`: takes `ms`, whatever its signal says.
 * - `block`: holds the event loop for `ms`.
 * - `stray`: throws from a timer and drops a promise that rejects, then takes `ms`.
 * - `fail`: takes `ms`, and answers with an error in its first `times` attempts.
 * - `steps`: takes `count` steps of `ms` each, one after the other; a contestant without steps does them all each time.
 * - `transaction`: takes `ms`; half-way it writes an effect and completes the task in one transaction. A contestant without
 *   a ledger writes none.
 * - `generated`: returns, throws or rejects with a value that the seed decides.
 */
export const behaviourSchema = z.discriminatedUnion('kind', schemas);

/** What a handler does: see `behaviourSchema`. */
export type Behaviour = z.infer<typeof behaviourSchema>;

/** What a call carries: its number and what its handler does. */
export const faultPayloadSchema = z.object({ call: z.number(), behaviour: behaviourSchema });

/** What a call carries. */
export type FaultPayload = z.infer<typeof faultPayloadSchema>;
