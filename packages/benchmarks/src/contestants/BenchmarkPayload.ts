import { z } from 'zod';

/** The task of every benchmark. */
export const BENCHMARK_TASK_NAME = 'benchmark:run';

/** A payload of an everyday shape and size: seven fields, about 250 bytes of JSON. */
export const benchmarkPayloadSchema = z.object({
  userId: z.string().min(1),
  email: z.email(),
  template: z.enum(['welcome', 'receipt', 'reminder']),
  amountCents: z.number().int().nonnegative(),
  sentAt: z.iso.datetime(),
  tags: z.array(z.string()),
  address: z.object({ city: z.string(), country: z.string().length(2) }),
});

/** What the handlers of both sides get. */
export type BenchmarkPayload = z.infer<typeof benchmarkPayloadSchema>;

/** Makes the payload with a number. Pure. */
export const createPayload = (index: number): BenchmarkPayload => ({
  userId: '0198f2d4-6a1e-7c3b-9d5f-2e8a4b6c0d1e',
  email: `user${index}@example.com`,
  template: 'receipt',
  amountCents: index,
  sentAt: '2025-11-21T08:30:00.000Z',
  tags: ['paid', 'first-order'],
  address: { city: 'Lisbon', country: 'PT' },
});

/** What the handlers of both sides do: next to nothing, so that the framework's own cost is what remains. */
export const handlePayload = ({ amountCents }: BenchmarkPayload): { readonly total: number } => ({
  total: amountCents + 1,
});
