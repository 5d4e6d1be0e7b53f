import { emptyStepStore } from '../../domain/emptyStepStore';
import { createCancellation } from '../../queue/Cancellation';
import { type Delivery } from '../../queue/Delivery';
import { createMemoryChildren } from './MemoryChildren';

/** What a test says of a delivery; everything else is as if nothing had ever gone wrong. */
type GivenDelivery = Pick<Delivery, 'taskId' | 'data' | 'attemptsMade' | 'scheduledAt'> & Partial<Delivery>;

/**
 * Makes a delivery that asks no queue for anything: what it is not given keeps nothing. Its data goes through JSON, as through
 * Redis: each attempt has a copy of its own.
 */
export const toTestDelivery = (given: GivenDelivery): Delivery => ({
  takenCount: 1,
  failedAtMs: undefined,
  jobPriority: 51,
  crashCount: 0,
  delayMs: 0,
  runKey: given.taskId,
  checkHeld: () => undefined,
  raiseCrashCount: async () => undefined,
  report: { progress: () => undefined, log: () => undefined },
  steps: emptyStepStore,
  slot: { suspend: () => undefined, resume: async () => undefined },
  children: createMemoryChildren(),
  cancellation: createCancellation(),
  ...given,
  data: JSON.parse(JSON.stringify(given.data)),
});
