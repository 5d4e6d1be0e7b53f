import { type Delivery } from '../queue/Delivery';
import { type AttemptEnd } from './runTask';
import { type TaskFamily } from './TaskFamily';

interface LeftChildren {
  readonly family: TaskFamily | undefined;
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
  taskName,
  delivery,
  end,
}: LeftChildren): Promise<void> => {
  const { outcome, unendedChildren } = end;
  if (family === undefined || !ENDINGS.has(outcome.kind)) return;
  // An earlier attempt, here or elsewhere, may have left some that this one did not ask for.
  const earlier = delivery.takenCount > 1 ? await delivery.children.listUnended().catch(() => []) : [];
  const left = new Map([...unendedChildren, ...earlier].map((child) => [child.id, child]));
  const { taskId } = delivery;
  const reason = `its parent ${taskName} ${taskId} has ended (${outcome.kind})`;
  await Promise.all([...left.values()].map((child) => family.cancel(child, reason)));
};

/** Outcomes after which a task is never run again. */
const ENDINGS: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
