import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskSituation } from '../queue/readTaskSituation';
import { type TaskFact, toSentence } from './TaskFact';

/** Why a task does not run. */
export interface TaskExplanation {
  /** The first of the facts, in words. */
  readonly sentence: string;
  /** Everything that is known to matter; at least one. What must change first comes first. */
  readonly facts: readonly [TaskFact, ...TaskFact[]];
}

/** Who could take the task. */
export type KnownWorkers = { readonly count: number } | { readonly unknownBecause: string };

/** What an explanation is made of. */
export interface ExplanationInput {
  readonly record: TaskRecord;
  readonly situation: TaskSituation;
  readonly workers: KnownWorkers;
  readonly isRegistered: boolean;
  /** Starts that the definition's rate limit allows, where the queue does not say. */
  readonly maxStarts: number | undefined;
  /** Its children that have not ended. */
  readonly childCount: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Explains a task. Pure. */
export const toTaskExplanation = (input: ExplanationInput): TaskExplanation => {
  const facts = factsOf(input);
  return { sentence: toSentence(facts[0]), facts };
};

/** Explains a task that its queue does not hold, as the ledger knows it. Pure. */
export const toKeptExplanation = (kept: Pick<ExplanationInput, 'record' | 'nowMs'>): TaskExplanation => {
  const facts = endFacts(kept.record) ?? keptFacts(kept);
  return { sentence: toSentence(facts[0]), facts };
};

/** One that runs has lost its place on the queue, which it needs again when its worker has died too. */
const keptFacts = (kept: Pick<ExplanationInput, 'record' | 'nowMs'>): TaskExplanation['facts'] => {
  const { status, name: taskName, attempt, startedAt } = kept.record;
  const absence = { reason: 'not-on-queue', taskName } as const;
  if (status !== 'running') return [absence, ...delayFacts(kept), ...expiryFacts(kept)];
  const start = startedAt === undefined ? {} : { startedAt };
  return [{ reason: 'running', attempt, ...start }, absence, ...cancelFacts(kept)];
};

const factsOf = (input: ExplanationInput): TaskExplanation['facts'] => {
  const { record, situation } = input;
  const { attempt, startedAt } = record;
  switch (record.status) {
    case 'running': {
      const { pb: workerId } = situation.task.fields;
      const start = startedAt === undefined ? {} : { startedAt };
      const running = {
        reason: 'running',
        attempt,
        ...start,
        ...(workerId === undefined ? {} : { workerId }),
      } as const;
      return [running, ...childFacts(input), ...cancelFacts(input)];
    }
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'pending':
    case 'scheduled':
    case 'retrying':
      return endFacts(record) ?? waitingFacts(input);
  }
};

const endFacts = ({ status, endedAt, error, cancelReason }: TaskRecord): readonly [TaskFact] | undefined => {
  const ended = endedAt === undefined ? {} : { endedAt };
  switch (status) {
    case 'completed':
      return [{ reason: 'completed', ...ended }];
    case 'failed':
      return [{ reason: 'failed', ...ended, ...(error === undefined ? {} : { error }) }];
    case 'cancelled':
      return [{ reason: 'cancelled', ...ended, ...(cancelReason === undefined ? {} : { cancelReason }) }];
    default:
      return undefined;
  }
};

/** Of a task that waits: its worker died, or put it back at the same moment. */
const cancelFacts = ({ record }: Pick<ExplanationInput, 'record'>): readonly TaskFact[] => {
  const { cancelRequestedAt, cancelReason } = record;
  if (cancelRequestedAt === undefined) return [];
  const why = cancelReason === undefined ? {} : { cancelReason };
  return [{ reason: 'cancel-requested', cancelRequestedAt, ...why }];
};

const childFacts = ({ childCount }: ExplanationInput): readonly TaskFact[] =>
  childCount === 0 ? [] : [{ reason: 'waiting-for-children', childCount }];

/** In the order in which they must change: before its time nothing else holds a task back. */
const waitingFacts = (input: ExplanationInput): TaskExplanation['facts'] => {
  const [first, ...rest] = [
    ...cancelFacts(input),
    ...registrationFacts(input),
    ...delayFacts(input),
    ...(input.situation.isPaused ? [{ reason: 'paused' } as const] : []),
    ...absenceFacts(input),
    ...limitFacts(input),
    ...turnFacts(input),
  ];
  const expiry = expiryFacts(input);
  return first === undefined ? [{ reason: 'ready' }, ...expiry] : [first, ...rest, ...expiry];
};

const registrationFacts = ({ isRegistered, record }: ExplanationInput): readonly TaskFact[] =>
  isRegistered ? [] : [{ reason: 'unregistered', taskName: record.name }];

const delayFacts = ({ record, nowMs }: Pick<ExplanationInput, 'record' | 'nowMs'>): readonly TaskFact[] => {
  const { status, dueAt, attempt, error } = record;
  if (dueAt === undefined || dueAt.getTime() <= nowMs) return [];
  return status === 'retrying'
    ? [{ reason: 'backing-off', dueAt, attempt: attempt + 1, ...(error === undefined ? {} : { error }) }]
    : [{ reason: 'delayed', dueAt }];
};

const absenceFacts = ({ workers, record }: ExplanationInput): readonly TaskFact[] => {
  if ('unknownBecause' in workers) return [{ reason: 'workers-unknown', message: workers.unknownBecause }];
  return workers.count === 0 ? [{ reason: 'no-worker', taskName: record.name }] : [];
};

const limitFacts = ({ situation, maxStarts, nowMs }: ExplanationInput): readonly TaskFact[] => {
  const { startCount, periodEndsInMs, maxConcurrency, runningCount } = situation;
  const max = situation.maxStarts ?? maxStarts;
  const isRateLimited = max !== undefined && startCount >= max && periodEndsInMs > 0;
  const isFull = maxConcurrency !== undefined && runningCount >= maxConcurrency;
  return [
    ...(isRateLimited
      ? [{ reason: 'rate-limited', maxStarts: max, until: new Date(nowMs + periodEndsInMs) } as const]
      : []),
    ...(isFull ? [{ reason: 'max-concurrency', maxConcurrency, runningCount } as const] : []),
  ];
};

const turnFacts = ({ situation, workers }: ExplanationInput): readonly TaskFact[] => {
  const { aheadCount = 0, runningCount } = situation;
  const workerCount = 'count' in workers ? workers.count : 0;
  return [
    ...(aheadCount > 0 ? [{ reason: 'behind', aheadCount } as const] : []),
    ...(workerCount > 0 && runningCount > 0
      ? [{ reason: 'workers-busy', workerCount, runningCount } as const]
      : []),
  ];
};

const expiryFacts = ({ record, nowMs }: Pick<ExplanationInput, 'record' | 'nowMs'>): readonly TaskFact[] => {
  const { expiresAt, attempt } = record;
  if (expiresAt === undefined || attempt > 0) return [];
  return [{ reason: 'expires', expiresAt, isExpired: expiresAt.getTime() <= nowMs }];
};
