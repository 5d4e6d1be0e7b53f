import { type ILogger } from '@backend/logger/Logger';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type AttemptEnd } from './Attempt';
import { type TaskFamily } from './TaskFamily';

interface LeftChildren {
  readonly family: TaskFamily | undefined;
  readonly logger: ILogger;
  readonly taskName: string;
  readonly delivery: Delivery;
  readonly end: AttemptEnd;
}

/**
 * Cancels the children of a task that has ended for good and did not wait for them: nobody would read what they give. A
 * task that is tried again, or runs elsewhere, finds them again. Never rejects.
 */
export const cancelLeftChildren = async ({
  family,
  logger,
  taskName,
  delivery,
  end,
}: LeftChildren): Promise<void> => {
  const { outcome, unendedChildren } = end;
  if (family === undefined || !ENDINGS.has(outcome.kind)) return;
  // An earlier attempt, here or elsewhere, may have left some that this one did not ask for.
  const earlier = delivery.takenCount > 1 ? await listEarlier(delivery, logger, taskName) : [];
  if (unendedChildren.length + earlier.length === 0) return;
  const left = new Map([...unendedChildren, ...earlier].map((child) => [child.id, child]));
  const { taskId } = delivery;
  const reason = `its parent ${taskName} ${taskId} has ended (${outcome.kind})`;
  await Promise.all([...left.values()].map((child) => family.cancel(child, reason)));
};

const listEarlier = async (
  { children, taskId }: Delivery,
  logger: ILogger,
  taskName: string,
): Promise<readonly StoredChild[]> => {
  try {
    return await children.listUnended();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn('Children of earlier attempts could not be looked for; they run to their end', {
      taskName,
      taskId,
      reason,
    });
    return [];
  }
};

/** Outcomes after which a task is never run again. */
const ENDINGS: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
