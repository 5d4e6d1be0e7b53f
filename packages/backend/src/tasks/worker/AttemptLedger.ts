import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { TaskError } from '../domain/TaskError';
import { isTaskId } from '../domain/TaskId';
import { validateOutput } from '../domain/validateOutput';
import { type LedgerError } from '../ledger/LedgerError';
import { type RunningAttempt } from '../ledger/LedgerWriter';
import { toTransaction } from '../ledger/SqlTransaction';
import { type LedgerEnding, type Standing } from '../ledger/Standing';
import { type TaskLedger } from '../ledger/TaskLedger';
import { toLedgerEntry } from '../ledger/toLedgerEntry';
import { fromJobPriority, toJobOptions } from '../queue/JobOptions';
import { type Attempt, type AttemptEnd } from './Attempt';
import { isolationOf } from './callTask';
import { createLedgerPatience } from './LedgerPatience';
import { createRunningAttempts } from './RunningAttempts';
import { type Shutdown } from './Shutdown';
import { toAttemptOutcome, toOutcome } from './toAttemptOutcome';
import { createUnwrittenEnds } from './UnwrittenEnds';

/** How a worker writes its attempts down. */
export interface AttemptLedger {
  /**
   * Runs an attempt, unless its task has ended: then it answers that end. What the attempt comes to is written before it is
   * answered; while the database is away both wait for it. Never rejects.
   */
  record(attempt: Attempt, run: () => Promise<AttemptEnd>): Promise<AttemptEnd>;
  /** Completes the task of an attempt in a transaction of its handler's; see `TaskContext.completeWithin`. */
  completeWithin(attempt: Attempt, transaction: CallerTransaction, value: unknown): Promise<void>;
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

/** What a worker says of an end that the ledger does not take. */
const UNWRITTEN_MESSAGE = 'The end of an attempt could not be written to the ledger';

/** Creates what writes the attempts of a worker down. */
export const createAttemptLedger = ({
  ledger: { writer, dialect },
  logger,
  appConfig,
  shutdown,
  now,
}: AttemptLedgerOptions): AttemptLedger => {
  const isRequired = appConfig.ledgerRequired;
  const { insist } = createLedgerPatience({ isRequired, shutdown, logger });
  const unwritten = createUnwrittenEnds({ writer, logger });
  const running = createRunningAttempts({ writer, intervalMs: appConfig.workerLockMs / 2, logger, now });

  /** A task that ended as failed is run when somebody has put it back since. */
  const reopen = async (
    { delivery }: Attempt,
    standing: Standing & { readonly kind: 'ended' },
  ): Promise<Result<Standing, LedgerError>> => {
    const { ending } = standing;
    const { failedAtMs } = delivery;
    // Of a failure that the queue has not heard of yet nobody can have put it back.
    if (ending.kind !== 'failed' || failedAtMs === undefined || !isHeardOf(ending, failedAtMs))
      return ok(standing);
    const reopened = await insist(() => writer.reopen(delivery.taskId, now()));
    return reopened.map(() => ({ kind: 'open' }));
  };

  /** Where the task stands before the attempt; one that the ledger does not know is written down. */
  const begin = async (attempt: Attempt): Promise<Result<Standing, LedgerError>> => {
    const { taskId, crashCount } = attempt.delivery;
    const standing = await insist(() => writer.standing(taskId));
    if (standing.isErr()) return standing;
    if (standing.value.kind === 'ended') return reopen(attempt, standing.value);
    if (standing.value.kind === 'absent') {
      const inserted = await insist(() => writer.insert(toEntry(attempt)));
      if (inserted.isErr()) return err(inserted.error);
    }
    if (crashCount > 0) {
      const crash = { id: taskId, attempt: attempt.plan.attempt - 1, crashCount, foundAtMs: now() };
      // Noted at a later attempt, it would be told of the wrong one.
      const noted = await insist(() => writer.noteCrash(crash));
      if (noted.isErr()) return err(noted.error);
    }
    return standing;
  };

  /** Writes what the attempt came to. An end that cannot be written must not be told to the queue. */
  const finish = async (attempt: Attempt, end: AttemptEnd): Promise<AttemptEnd> => {
    const endedAtMs = now();
    const { outcome, hasBegun } = end;
    const ended = {
      ...toRunning(attempt, end.attempt),
      hasBegun,
      endedAtMs,
      outcome: toAttemptOutcome({ outcome, attempt: end.attempt, endedAtMs }),
    };
    const answer = await insist(() => writer.end(ended));
    if (answer.isOk())
      return answer.value.kind === 'ended' ? discard(attempt, end, answer.value.ending) : end;
    logger.warn(UNWRITTEN_MESSAGE, { ...factsOf(attempt), reason: answer.error.message });
    if (isRequired) return { ...end, outcome: toReleased() };
    unwritten.add(ended);
    return end;
  };

  const discard = (attempt: Attempt, end: AttemptEnd, ending: LedgerEnding): AttemptEnd => {
    // Its handler may have completed it in a transaction of its own.
    if (end.outcome.kind !== ending.kind)
      logger.warn(DISCARDED_MESSAGE, { ...factsOf(attempt), outcome: end.outcome.kind });
    return { ...end, outcome: toOutcome(ending) };
  };

  return {
    record: async (attempt, run) => {
      // A job that another program added has an id of its own, which may be another one's too.
      if (!isTaskId(attempt.delivery.taskId)) return run();
      const standing = await begin(attempt);
      if (standing.isErr() && isRequired) return toUnrun(attempt, toReleased());
      if (standing.isOk() && standing.value.kind === 'ended') {
        logger.info(ENDED_BEFORE_MESSAGE, factsOf(attempt));
        return { ...toUnrun(attempt, toOutcome(standing.value.ending)), hadEnded: true };
      }
      const stopTelling = running.add(toRunning(attempt, attempt.plan.attempt));
      const end = await run();
      stopTelling();
      return finish(attempt, end);
    },
    completeWithin: async (attempt, transaction, value) => {
      const { task, environment } = attempt;
      // That of an isolated handler was checked in its process, where it was not JSON yet.
      const result =
        isolationOf(attempt) === undefined
          ? validateOutput(task, value, environment.maxResultBytes)
          : ok<unknown, TaskError>(value);
      if (result.isErr()) throw result.error;
      const opened = toTransaction(transaction, dialect);
      if (opened.isErr()) throw opened.error;
      const completed = {
        ...toRunning(attempt, attempt.plan.attempt),
        endedAtMs: now(),
        value: result.value,
      };
      const written = await writer.completeWithin(opened.value.executor, completed);
      if (written.isErr()) throw written.error;
      if (!written.value)
        throw new TaskError('the task has ended already, in another attempt, or the ledger does not know it');
    },
    stop: (patienceMs) => {
      running.stop();
      return unwritten.stop(patienceMs);
    },
  };
};

/** A failure without its time was kept by an older version. */
const isHeardOf = ({ endedAtMs }: LedgerEnding & { readonly kind: 'failed' }, failedAtMs: number): boolean =>
  failedAtMs === 0 || failedAtMs >= endedAtMs;

const toRunning = (
  { delivery: { taskId: id }, startedAt, environment: { workerId } }: Attempt,
  attempt: number,
): RunningAttempt => ({ id, attempt, workerId, startedAtMs: startedAt.getTime() });

/** A task that was scheduled while the ledger was off, or by a recurring schedule. */
const toEntry = ({ delivery, task, envelope, plan }: Attempt) => {
  const { taskId: id, scheduledAt, delayMs, jobPriority, deduplication } = delivery;
  const nowMs = scheduledAt.getTime();
  const options = toJobOptions({
    id,
    task: task.options,
    // Plain BullMQ has lower priorities than our lowest.
    call: { priority: Math.max(0, fromJobPriority(jobPriority)) },
    delayMs,
    nowMs,
    maxAttempts: plan.maxAttempts,
  });
  const keyed = deduplication === undefined ? options : { ...options, deduplication };
  return toLedgerEntry({ id, name: task.queueName, data: envelope, options: keyed }, { nowMs });
};

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
