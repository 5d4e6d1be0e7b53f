import { type ILogger } from '@backend/logger/Logger';
import { isSkipped } from '../domain/Skipped';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type Delivery } from '../queue/Delivery';
import { type AttemptEnd } from './Attempt';

interface AttemptLine {
  readonly logger: ILogger;
  readonly taskName: string;
  readonly delivery: Delivery;
  readonly end: AttemptEnd;
  /** Milliseconds since 1970, when the attempt ended. */
  readonly endedAtMs: number;
}

/** How long the task waited after it was due; known for first attempts only, and the queue may have forgotten some. Milliseconds. */
const waitMs = (
  { scheduledAt, delayMs }: Delivery,
  { attempt, startedAt }: AttemptEnd,
): { waitMs?: number } =>
  attempt > 1 ? {} : { waitMs: Math.max(0, startedAt.getTime() - scheduledAt.getTime() - delayMs) };

const toFacts = ({ taskName, delivery, end, endedAtMs }: AttemptLine) => ({
  taskName,
  taskId: delivery.taskId,
  correlationId: end.envelope.correlationId,
  attempt: end.attempt,
  maxAttempts: end.maxAttempts,
  outcome: end.outcome.kind,
  ...waitMs(delivery, end),
  runMs: endedAtMs - end.startedAt.getTime(),
});

interface Line {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly facts: object;
}

/** Each outcome, and a skip, has its own sentence, so that a search in the log finds one thing. */
const toLine = (outcome: TaskOutcome): Line => {
  switch (outcome.kind) {
    case 'completed':
      return isSkipped(outcome.value)
        ? { level: 'info', message: 'Task skipped', facts: { reason: outcome.value.reason } }
        : { level: 'info', message: 'Task completed', facts: {} };
    case 'retry': {
      const { error, delayMs } = outcome;
      const facts = { reason: error.code, error: error.message, retryInMs: delayMs };
      return { level: 'warn', message: 'Task failed an attempt and will be retried', facts };
    }
    case 'snoozed': {
      const { error, delayMs } = outcome;
      const facts = { reason: error.code, error: error.message, retryInMs: delayMs };
      return { level: 'info', message: 'Task asked to run later', facts };
    }
    case 'released':
      return {
        level: 'info',
        message:
          outcome.error.code === 'lost-lock'
            ? 'Task given back: the attempt lost its lock'
            : 'Task given back: the worker is stopping',
        facts: { reason: outcome.error.code },
      };
    case 'cancelled': {
      const { error } = outcome;
      return {
        level: 'info',
        message: 'Task cancelled while it ran',
        facts: { reason: error.code, error: error.message },
      };
    }
    case 'failed':
      return { level: 'warn', message: 'Task failed for good', facts: { reason: outcome.reason } };
  }
};

/** Writes the one structured line that every attempt ends in. */
export const logAttempt = (attempt: AttemptLine): void => {
  const { logger, end } = attempt;
  const { level, message, facts } = toLine(end.outcome);
  const meta = { ...toFacts(attempt), ...facts };
  if (end.outcome.kind === 'failed') logger.error(message, end.outcome.error, meta);
  else if (level === 'warn') logger.warn(message, meta);
  else logger.info(message, meta);
};
