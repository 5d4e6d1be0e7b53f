import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { toRetriedEnvelope } from '../domain/RetriedEnvelope';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { isEnvelope, parseEnvelope, type TaskOverrides } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { fromJobPriority, toJobOptions } from '../queue/JobOptions';
import { publish } from '../queue/publish';
import { type QueueAccess } from '../queue/QueueAccess';
import { toQueueKey } from '../queue/QueueName';
import { claimRetry, closeRetryClaim, type RetryClaim } from '../queue/RetryClaim';
import { type JobInput } from '../queue/TaskQueues';
import { publishRecorded } from './publishRecorded';
import { sharedTaskLedger } from './sharedTaskLedger';
import { toRetryStrategy } from './toRetryStrategy';

/** What became of the wish to do a task again. */
export type TaskRetry =
  | { readonly kind: 'retried'; readonly id: TaskId }
  | { readonly kind: 'already-retried'; readonly retriedAs: TaskId }
  /** The task is neither failed nor cancelled, or gone. */
  | { readonly kind: 'absent' };

interface RetryRequest {
  readonly access: QueueAccess;
  /** For what the answer does not say. */
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  readonly task: TaskDefinition<unknown>;
  /** A failed or cancelled task of this definition. */
  readonly id: TaskId;
  /** Does again what was retried before. */
  readonly isForced?: boolean;
  /** Whether the new task has the finished steps of the old one. Default: true. */
  readonly keepsSteps?: boolean;
}

type Claimed = RetryClaim & { readonly kind: 'claimed' };

/** How often a retry that somebody else has begun is looked at; milliseconds. */
const POLL_MS = 25;

/**
 * Does a failed or cancelled task again, as a new task that names the old one. In three steps: the old task is claimed for
 * the id of the new one, the new one is put on the queue under that id, with the finished steps and completed children that
 * the claim found, and the old one is marked as retried. A call that dies in between leaves a claim, and the next call goes
 * on under its id, for which there is only ever one job. A Redis that has lost its last writes does not know of a retry that the
 * ledger has: it is told.
 *
 * @returns `err` when Redis or the ledger does not answer or refuses. Call again then: a step that was done is not done twice.
 */
export const retryTask = async (request: RetryRequest): Promise<Result<TaskRetry, Error>> => {
  const known = await findRetry(request);
  if (known.isErr()) return err(known.error);
  const answer = await claim(request, known.value ?? TaskId());
  if (answer.isErr()) return err(answer.error);
  switch (answer.value.kind) {
    case 'retried':
      return ok({ kind: 'already-retried', retriedAs: answer.value.id });
    case 'absent':
      return ok({ kind: 'absent' });
    case 'claimed': {
      const isDone = known.value !== undefined && !answer.value.wasBegun;
      return isDone ? closeKnown(request, known.value) : putOnQueue(request, answer.value);
    }
  }
};

/** The task that does this one again, as the ledger has it. */
const findRetry = async ({
  appConfig,
  id,
  isForced = false,
}: RetryRequest): Promise<Result<TaskId | undefined, Error>> => {
  const ledger = isForced ? undefined : sharedTaskLedger(appConfig);
  const found = await ledger?.history.find(id);
  if (found?.isErr() && appConfig.ledgerRequired) return err(found.error);
  return ok(found?.unwrapOr(undefined)?.retriedAs);
};

const closeKnown = async (request: RetryRequest, retriedAs: TaskId): Promise<Result<TaskRetry, Error>> =>
  (await closeClaim(request, retriedAs)).map(() => ({ kind: 'already-retried', retriedAs }));

const closeClaim = (
  { access, appConfig, task, id }: RetryRequest,
  newId: TaskId,
): Promise<Result<void, Error>> => {
  const queueKey = toQueueKey(appConfig.queuePrefix, task.queueName);
  return access.run((_queues, { client }) =>
    closeRetryClaim({ client, queueKey, jobId: id, newId }, Date.now()),
  );
};

/** A claim lasts at least so long; milliseconds. */
const MIN_CLAIM_MS = 3000;

/** What a claim lasts longer than the deadlines for writing its task down and putting it on the queue; milliseconds. */
const CLAIM_MARGIN_MS = 1000;

interface ClaimDeadlines extends Pick<AppConfig, 'ledgerDeadlineMs' | 'scheduleDeadlineMs'> {
  readonly hasLedger: boolean;
}

/**
 * How long a claim lasts; milliseconds. Pure. One that lapses while its task is still on its way does little harm: whoever goes on
 * does so under the same id.
 */
export const toClaimMs = ({ hasLedger, ledgerDeadlineMs, scheduleDeadlineMs }: ClaimDeadlines): number => {
  const writtenMs = hasLedger ? ledgerDeadlineMs : 0;
  return Math.max(MIN_CLAIM_MS, writtenMs + scheduleDeadlineMs + CLAIM_MARGIN_MS);
};

/** A claim that somebody else holds is soon closed, or lapses. */
const claim = async (
  { access, appConfig, task, id, isForced = false, keepsSteps = true }: RetryRequest,
  newId: TaskId,
): Promise<Result<Exclude<RetryClaim, { kind: 'held' }>, Error>> => {
  const queueKey = toQueueKey(appConfig.queuePrefix, task.queueName);
  const hasLedger = sharedTaskLedger(appConfig) !== undefined;
  const rule = { isForced, claimMs: toClaimMs({ ...appConfig, hasLedger }), keepsSteps };
  for (;;) {
    const answer = await access.run((_queues, { client }) =>
      claimRetry({ client, queueKey, jobId: id, newId }, rule),
    );
    if (answer.isErr()) return err(answer.error);
    if (answer.value.kind !== 'held') return ok(answer.value);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

const putOnQueue = async (request: RetryRequest, claimed: Claimed): Promise<Result<TaskRetry, Error>> => {
  const { access, task, logger, appConfig } = request;
  const nowMs = Date.now();
  const job = toJob(request, claimed, nowMs);
  const recorded = await publishRecorded({
    ledger: sharedTaskLedger(appConfig),
    isRequired: appConfig.ledgerRequired,
    job,
    facts: { retryStrategy: toRetryStrategy(task.options, overridesOf(job.data)), nowMs },
    publish: (recorded) =>
      publish({ ...access.open(), job: recorded, deadlineMs: appConfig.scheduleDeadlineMs }),
    isWaitAnswered: true,
    logger,
  });
  if (recorded.isErr()) return err(recorded.error);
  if (recorded.value.kind === 'waiting') return err(recorded.value.error);
  return (await closeClaim(request, claimed.id)).map(() => ({ kind: 'retried', id: claimed.id }));
};

/** Runs as soon as it can, with all attempts and the priority of the old job. */
const toJob = (
  { task, id, appConfig, keepsSteps = true }: RetryRequest,
  claimed: Claimed,
  nowMs: number,
): JobInput => {
  const data = toRetriedEnvelope(claimed.data, { id, taskName: task.queueName, keepsSteps });
  return {
    id: claimed.id,
    name: task.queueName,
    data,
    fields: claimed.stepFields,
    options: toJobOptions({
      id: claimed.id,
      task: task.options,
      // Plain BullMQ has lower priorities than our lowest.
      call: { priority: Math.max(0, fromJobPriority(claimed.jobPriority)) },
      nowMs,
      maxAttempts: overridesOf(data).maxAttempts ?? task.options.maxAttempts ?? appConfig.taskMaxAttempts,
    }),
  };
};

/** What the old task was scheduled with. */
const overridesOf = (data: unknown): TaskOverrides =>
  (isEnvelope(data) ? parseEnvelope(data).unwrapOr(undefined)?.overrides : undefined) ?? {};
