import { type Delivery } from '../../queue/Delivery';

/** What a delivery may ask of the queue, for tasks that ask nothing. */
export const idlePowers: Pick<
  Delivery,
  'slot' | 'children' | 'failedAtMs' | 'jobPriority' | 'raiseCrashCount'
> = {
  slot: { suspend: () => undefined, resume: async () => undefined },
  children: { claim: async () => [], note: async () => undefined, listUnended: async () => [] },
  failedAtMs: undefined,
  jobPriority: 51,
  raiseCrashCount: async () => undefined,
};
