import { err } from 'neverthrow';
import { noChildren, type TaskChildren } from '../domain/TaskChildren';
import { notInWorker, type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type Parent, withOwner } from '../scheduler/ChildCalls';
import { type AttemptEnvironment } from './Attempt';
import { type ChildBook, createChildBook } from './ChildBook';
import { createTaskChildren } from './ChildRun';
import { realClock } from './HandlerClock';
import { type RunControls } from './HandlerRun';
import { createParentWait } from './ParentWait';
import { type TaskFamily } from './TaskFamily';

/** What one attempt schedules. */
export interface AttemptFamily {
  readonly schedule: TaskContext['schedule'];
  /** Created when the handler first asks for it. */
  children(): TaskChildren;
  /** The handler has ended, and nobody reads what its runs would give. Answers the children that it did not wait for. */
  end(): readonly StoredChild[];
}

interface FamilyAttempt {
  readonly delivery: Delivery;
  readonly task: Pick<TaskDefinition<unknown>, 'queueName'>;
  readonly envelope: TaskEnvelope;
  readonly environment: Pick<AttemptEnvironment, 'family' | 'clock' | 'now'>;
}

const toUnawaited = (): TaskError =>
  TaskError.fatal('expected ctx.children.run to be awaited, got the end of the handler first');

/** Creates the family of an attempt; costs nothing before the handler uses it. */
export const createAttemptFamily = (attempt: FamilyAttempt, controls: RunControls): AttemptFamily => {
  const { family, clock = realClock, now } = attempt.environment;
  let book: ChildBook | undefined;
  let children: TaskChildren | undefined;
  let isOver = false;
  let over: AbortController | undefined;
  const create = (ports: TaskFamily): TaskChildren => {
    const { delivery } = attempt;
    over = new AbortController();
    if (isOver) over.abort(toUnawaited());
    const signal = AbortSignal.any([controls.getSignal(), over.signal]);
    book = createChildBook(delivery.children, signal);
    const wait = createParentWait({ slot: delivery.slot, controls, draining: ports.draining });
    return createTaskChildren({
      parent: toParent(attempt),
      book,
      wait,
      controls: { getSignal: () => signal, interrupt: controls.interrupt },
      ports,
      now: () => now().getTime(),
      setTimer: clock.setTimer,
    });
  };
  return {
    schedule: async (task, payload, options = {}) => {
      if (family === undefined) return err(notInWorker());
      const parent = toParent(attempt);
      const { taskId: parentId, correlationId } = parent;
      const owned = withOwner(parent, options);
      const nowMs = now().getTime();
      return family.schedule({ correlationId, task, payload, options: owned, nowMs, parentId });
    },
    children: () => {
      children ??= family === undefined ? noChildren : create(family);
      return children;
    },
    end: () => {
      isOver = true;
      over?.abort(toUnawaited());
      return book?.unended() ?? [];
    },
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
