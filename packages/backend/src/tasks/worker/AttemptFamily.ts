import { err } from 'neverthrow';
import { noChildren, type TaskChildren } from '../domain/TaskChildren';
import { notInWorker, type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type Parent } from '../scheduler/ChildCalls';
import { type ChildBook, createChildBook } from './ChildBook';
import { createTaskChildren } from './ChildRun';
import { type RunControls } from './HandlerRun';
import { createParentWait } from './ParentWait';
import { type TaskFamily } from './TaskFamily';

/** What one attempt schedules. */
export interface AttemptFamily {
  readonly schedule: TaskContext['schedule'];
  /** Created when the handler first asks for it. */
  children(): TaskChildren;
  /** Children that were not waited for to their end. */
  unended(): readonly StoredChild[];
}

interface FamilyAttempt {
  readonly delivery: Delivery;
  readonly task: Pick<TaskDefinition<unknown>, 'queueName'>;
  readonly envelope: TaskEnvelope;
  readonly environment: { readonly family?: TaskFamily | undefined; now(): Date };
}

/** Creates the family of an attempt; costs nothing before the handler uses it. */
export const createAttemptFamily = (attempt: FamilyAttempt, controls: RunControls): AttemptFamily => {
  const { family, now } = attempt.environment;
  let book: ChildBook | undefined;
  let children: TaskChildren | undefined;
  const create = (ports: TaskFamily): TaskChildren => {
    const { delivery } = attempt;
    book = createChildBook(delivery.children, controls.getSignal());
    const wait = createParentWait({ slot: delivery.slot, controls, draining: ports.draining });
    return createTaskChildren({
      parent: toParent(attempt),
      book,
      wait,
      controls,
      ports,
      now: () => now().getTime(),
    });
  };
  return {
    schedule: async (task, payload, options = {}) => {
      if (family === undefined) return err(notInWorker());
      const { taskId: parentId, correlationId, userId } = toParent(attempt);
      const owned = userId === undefined ? options : { userId, ...options };
      const nowMs = now().getTime();
      return family.schedule({ correlationId, task, payload, options: owned, nowMs, parentId });
    },
    children: () => {
      children ??= family === undefined ? noChildren : create(family);
      return children;
    },
    unended: () => book?.unended() ?? [],
  };
};

const toParent = ({ delivery, task, envelope }: FamilyAttempt): Parent => {
  const { correlationId, userId, ancestors = [] } = envelope;
  return {
    taskId: delivery.taskId,
    taskName: task.queueName,
    correlationId,
    ...(userId === undefined ? {} : { userId }),
    ancestors,
    attemptsMade: delivery.attemptsMade,
  };
};
