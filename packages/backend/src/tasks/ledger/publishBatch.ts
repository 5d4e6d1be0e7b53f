import { err, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from './LedgerError';
import { type LedgerOutbox, type OutboxClaim } from './LedgerOutbox';
import { type PublishedTasks, type PublishJob, publishTasks } from './publishTasks';

interface BatchParts {
  readonly outbox: LedgerOutbox;
  readonly publish: PublishJob;
}

/** Claims tasks and publishes them. */
export const publishClaimed = async (
  parts: BatchParts,
  claim: OutboxClaim,
): Promise<Result<PublishedTasks, LedgerError>> => {
  const claimed = await parts.outbox.claim(claim);
  if (claimed.isErr()) return err(claimed.error);
  return publishTasks({ ...parts, ...claimed.value, isClaimed: true, nowMs: claim.nowMs });
};

/**
 * Publishes those of these tasks that are on no queue, without a claim: it would cost a write and wait for every other writer,
 * and a task that somebody else publishes too is no second one.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const publishNamed = async (
  parts: BatchParts,
  { ids, nowMs }: { readonly ids: readonly TaskId[]; readonly nowMs: number },
): Promise<Result<PublishedTasks, LedgerError>> => {
  const found = await parts.outbox.readUnpublished(ids);
  if (found.isErr()) return err(found.error);
  return publishTasks({ ...parts, ...found.value, isClaimed: false, nowMs });
};
