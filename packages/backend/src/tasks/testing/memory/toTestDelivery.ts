import { emptyStepStore } from '../../domain/emptyStepStore';
import { createCancellation } from '../../queue/Cancellation';
import { type Delivery } from '../../queue/Delivery';

/** What a test says of a delivery; everything else is as if nothing had ever gone wrong. */
type GivenDelivery = Pick<Delivery, 'taskId' | 'data' | 'attemptsMade' | 'scheduledAt'> & Partial<Delivery>;

/** Makes a delivery that asks no queue for anything: what it is not given keeps nothing. */
export const toTestDelivery = (given: GivenDelivery): Delivery => ({
  crashCount: 0,
  delayMs: 0,
  runKey: given.taskId,
  checkHeld: () => undefined,
  report: { progress: () => undefined, log: () => undefined },
  steps: emptyStepStore,
  cancellation: createCancellation(),
  ...given,
});
