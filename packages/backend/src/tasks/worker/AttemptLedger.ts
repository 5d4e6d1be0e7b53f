import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { type CancelRequest } from '../domain/CancelRequest';
import { TaskError } from '../domain/TaskError';
import { isTaskId } from '../domain/TaskId';
import { type RecordedEnd } from '../ledger/LedgerWriter';
import { type LedgerEnding } from '../ledger/Standing';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type Attempt, type AttemptEnd } from './Attempt';
import { createAttemptStandings } from './AttemptStandings';
import { completeWithin } from './completeWithin';
import { countAttempt } from './countAttempt';
import { createLedgerPatience } from './LedgerPatience';
import { createRunningAttempts } from './RunningAttempts';
import { type Shutdown } from './Shutdown';
import { toAttemptOutcome, toOutcome } from './toAttemptOutcome';
import { toCancelRequest } from './toCancelRequest';
import { toDeliveredEntry } from './toDeliveredEntry';
import { toRunningAttempt } from './toRunningAttempt';
import { createUnwrittenEnds } from './UnwrittenEnds';

/** How a worker writes its attempts down. */
export interface AttemptLedger {
  /**
   * Runs an attempt, unless its task has ended: then it answers that end. An attempt is counted on from those that the ledger
   * knows. What it comes to is written before it is answered; while the database is away both wait for it, if tasks wait for the ledger. Never rejects.
   */
  record(attempt: Attempt, run: (attempt: Attempt) => Promise<AttemptEnd>): Promise<AttemptEnd>;
  /** Completes the task of an attempt in a transaction of its handler's; see `TaskContext.completeWithin`. */
  completeWithin(attempt: Attempt, transaction: CallerTransaction, value: unknown): Promise<void>;
  /**
   * Writes that a task was cancelled which no attempt runs: were Redis to lose its data, the task would run. What is not written
   * when the worker stops the reconciler finds in the queue. Never rejects.
   */
  noteCancelled(id: string, reason: string | undefined): Promise<void>;
  /** Reads whether somebody wants a task to stop whose queue has lost it; nothing too while the ledger is away. Never rejects. */
  readCancelRequest(id: string): Promise<CancelRequest | undefined>;
  /** Writes the ends that wait for the ledger, for so many milliseconds at most, and says how many are left. Never rejects. */
  stop(patienceMs: number): Promise<void>;
}

interface AttemptLedgerOptions {
  readonly ledger: TaskLedger;
  readonly logger: ILogger;
  readonly appConfig: Pick<AppConfig, 'ledgerRequired' | 'workerLockMs'>;
  readonly shutdown: Shutdown;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What a worker says of a task that was delivered although it had ended. */
export const ENDED_BEFORE_MESSAGE = 'Task had ended already; it was acknowledged without a run';

/** What a worker says of an attempt whose task ended meanwhile, in another one. */
export const DISCARDED_MESSAGE = 'Task had ended already; what this attempt came to counts for nothing';

/** What a worker says of a cancellation that the ledger does not take. */
const UNNOTED_MESSAGE =
  'The end of a cancelled task could not be written to the ledger; the reconciler finds it in its queue';

/** What a worker says of an end that the ledger does not take. */
export const UNWRITTEN_MESSAGE = 'The end of an attempt could not be written to the ledger';

/** Why an end is not even tried that comes after the stop. */
const BEHIND_REASON = 'an earlier end of the task waits for the ledger, and the worker has stopped';

/** Creates what writes the attempts of a worker down. */
export const createAttemptLedger = ({
  ledger,
  logger,
  appConfig,
  shutdown,
  now,
}: AttemptLedgerOptions): AttemptLedger => {
  const { writer } = ledger;
  const isRequired = appConfig.ledgerRequired;
  const { insist } = createLedgerPatience({ isRequired, shutdown, logger });
  const standings = createAttemptStandings({ writer, insist, now });
  const unwritten = createUnwrittenEnds({ writer, logger });
  const running = createRunningAttempts({ writer, intervalMs: appConfig.workerLockMs / 2, logger, now });

  /** Writes what the attempt came to. An end that cannot be written must not be told to the queue. */
  const finish = async (attempt: Attempt, end: AttemptEnd): Promise<AttemptEnd> => {
    const endedAtMs = now();
    const { outcome, hasBegun } = end;
    const ended = {
      ...toRunningAttempt(attempt, end.attempt),
      hasBegun,
      endedAtMs,
      outcome: toAttemptOutcome({ outcome, attempt: end.attempt, endedAtMs }),
    };
    if (unwritten.has(ended.id)) {
      if (unwritten.add(ended, toDeliveredEntry(attempt))) void unwritten.write();
      else logger.warn(UNWRITTEN_MESSAGE, { ...factsOf(attempt), reason: BEHIND_REASON });
      return end;
    }
    const told = await insist(() => writer.end(ended));
    const isUnknown = told.isOk() && told.value.kind === 'absent';
    const answer = isUnknown ? await insist(() => writer.endUnknown(toDeliveredEntry(attempt), ended)) : told;
    if (answer.isOk()) {
      if (answer.value.kind === 'ended') return discard(attempt, end, answer.value.ending);
      return answer.value.kind === 'recorded' ? toRecorded(end, answer.value) : end;
    }
    logger.warn(UNWRITTEN_MESSAGE, { ...factsOf(attempt), reason: answer.error.message });
    if (isRequired) return { ...end, outcome: toReleased() };
    unwritten.add(ended, toDeliveredEntry(attempt));
    return end;
  };

  const discard = (attempt: Attempt, end: AttemptEnd, ending: LedgerEnding): AttemptEnd => {
    // Its handler may have completed it in a transaction of its own, or the answer was lost when its end was written first.
    const isOwn = end.outcome.kind === ending.kind;
    if (!isOwn) logger.warn(DISCARDED_MESSAGE, { ...factsOf(attempt), outcome: end.outcome.kind });
    return { ...end, outcome: toOutcome(ending), ...(isOwn ? { isRecorded: true } : {}) };
  };

  return {
    record: async (delivered, run) => {
      // A job that another program added has an id of its own, which may be another one's too.
      if (!isTaskId(delivered.delivery.taskId)) return run(delivered);
      const standing = await standings.begin(delivered);
      if (standing.isErr() && isRequired) return toUnrun(delivered, toReleased());
      const request = standing.isOk() ? toCancelRequest(standing.value, now()) : undefined;
      if (request !== undefined) delivered.delivery.cancellation.hear(request);
      if (standing.isOk() && standing.value.kind === 'ended') {
        logger.info(ENDED_BEFORE_MESSAGE, factsOf(delivered));
        return { ...toUnrun(delivered, toOutcome(standing.value.ending)), hadEnded: true };
      }
      const attempt = standing.isOk() ? countAttempt(delivered, standing.value) : delivered;
      const stopTelling = running.add(toRunningAttempt(attempt, attempt.plan.attempt));
      const end = await run(attempt);
      stopTelling();
      return finish(attempt, end);
    },
    completeWithin: (attempt, transaction, value) =>
      completeWithin({ ledger, attempt, transaction, value, endedAtMs: now() }),
    noteCancelled: async (id, reason) => {
      if (!isTaskId(id)) return;
      const cancelled = { reason, nowMs: now(), isIdle: true };
      const noted = await insist(() => writer.cancel(id, cancelled));
      if (noted.isErr()) logger.warn(UNNOTED_MESSAGE, { taskId: id, reason: noted.error.message });
    },
    readCancelRequest: async (id) => {
      if (!isTaskId(id)) return undefined;
      const standing = await writer.standing(id);
      return standing.isOk() ? toCancelRequest(standing.value, now()) : undefined;
    },
    stop: (patienceMs) => {
      running.stop();
      return unwritten.stop(patienceMs);
    },
  };
};

/** The worker may not have heard of a request that the ledger has: both records come to the same end. */
const toRecorded = (end: AttemptEnd, { cancelled }: RecordedEnd): AttemptEnd => ({
  ...end,
  isRecorded: true,
  ...(cancelled === undefined ? {} : { outcome: toOutcome(cancelled) }),
});

const toReleased = (): AttemptEnd['outcome'] => ({
  kind: 'released',
  error: new TaskError('the ledger does not answer', {}, { code: 'shutdown' }),
});

const toUnrun = (
  { plan: { attempt, maxAttempts }, envelope, startedAt }: Attempt,
  outcome: AttemptEnd['outcome'],
): AttemptEnd => ({
  outcome,
  attempt,
  maxAttempts,
  envelope,
  startedAt,
  hasBegun: false,
  unendedChildren: [],
});

const factsOf = ({ task, delivery, envelope, plan }: Attempt) => ({
  taskName: task.queueName,
  taskId: delivery.taskId,
  correlationId: envelope.correlationId,
  attempt: plan.attempt,
});
