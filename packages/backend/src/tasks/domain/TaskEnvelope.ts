import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { type UserId, userIdSchema } from '@core/domain/user/user';
import { err, ok, type Result } from 'neverthrow';
import { v5 } from 'uuid';
import { z } from 'zod';
import { ATTEMPTS, DELAY, showValue, TIMER } from './numberRule';
import { type RetryPolicy } from './RetryPolicy';
import { retryProblems } from './retryProblems';
import { isTaskId, type TaskId } from './TaskId';

/** The namespace of the correlation IDs of jobs that come without one (RFC 9562, version 5). */
const BARE_JOBS = '7a0c5d0e-6d0b-4f4e-9a53-5c1f6f0c2b11';

/** The envelope version this code writes, and the only one it reads. */
export const ENVELOPE_VERSION = 1;

/** What a scheduling call asked for that differs from the definition. */
export interface TaskOverrides {
  readonly maxAttempts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** The same wait before every further attempt. */
  readonly backoffMs?: number | undefined;
  /** The parts of a retry policy that the call named. */
  readonly retry?: Partial<RetryPolicy> | undefined;
}

/**
 * What a job stores of a task. JSON, which drops what is undefined; versioned, so that a worker never misreads what a
 * newer one wrote.
 */
export interface TaskEnvelope {
  readonly v: typeof ENVELOPE_VERSION;
  readonly payload: unknown;
  readonly correlationId: CorrelationId;
  readonly parentId?: TaskId | undefined;
  /** Names of the tasks that wait for this one, the outermost first; absent when none does. */
  readonly ancestors?: readonly string[] | undefined;
  readonly userId?: UserId | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly overrides?: TaskOverrides | undefined;
  /** The task that this one does again. */
  readonly retriedFrom?: TaskId | undefined;
  /** The task whose finished steps this one goes on with: the first of a chain of retries. */
  readonly stepsOf?: string | undefined;
  /** The recurring schedule that this task is a run of. */
  readonly scheduleId?: string | undefined;
  /** Milliseconds since 1970 after which the task must not start any more. */
  readonly expiresAtMs?: number | undefined;
}

/** An envelope this code cannot read; the message says why. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

const overridesSchema = z.strictObject({
  maxAttempts: z.number().int().min(ATTEMPTS.min).max(ATTEMPTS.max).optional(),
  timeoutMs: z.number().int().min(TIMER.min).max(TIMER.max).optional(),
  backoffMs: z.number().int().min(DELAY.min).max(DELAY.max).optional(),
  retry: z
    .record(z.string(), z.unknown())
    .refine((retry) => retryProblems(retry).length === 0)
    .optional(),
});

const KEYS = [
  'v',
  'payload',
  'correlationId',
  'parentId',
  'ancestors',
  'userId',
  'metadata',
  'overrides',
  'retriedFrom',
  'stepsOf',
  'scheduleId',
  'expiresAtMs',
] as const satisfies readonly (keyof TaskEnvelope)[];

const metadataSchema = z.record(z.string(), z.unknown());

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (data: unknown): data is Fields =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/**
 * Says whether a job's data claims to be an envelope, of whatever version. Data of a job that plain BullMQ wrote does
 * not, and is then the bare payload.
 */
export const isEnvelope = (data: unknown): data is Fields =>
  isRecord(data) && Number.isInteger(data['v']) && typeof data['correlationId'] === 'string';

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const fieldProblem = (envelope: Fields): string | undefined => {
  const { v, correlationId, parentId, ancestors, userId, metadata, overrides } = envelope;
  const { retriedFrom, stepsOf, scheduleId, expiresAtMs } = envelope;
  if (v !== ENVELOPE_VERSION) return `expected envelope version ${ENVELOPE_VERSION}, got ${showValue(v)}`;
  const unknownKey = Object.keys(envelope).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknownKey !== undefined) return `unknown envelope field ${JSON.stringify(unknownKey)}`;
  if (parseCorrelationId(correlationId).isErr())
    return 'the envelope field correlationId is not a correlation ID';
  if (parentId !== undefined && !isTaskId(parentId)) return 'the envelope field parentId is not a task id';
  if (ancestors !== undefined && !isTextList(ancestors))
    return 'the envelope field ancestors is no list of names';
  if (userId !== undefined && !userIdSchema.safeParse(userId).success)
    return 'the envelope field userId is not a user id';
  if (metadata !== undefined && !metadataSchema.safeParse(metadata).success)
    return 'the envelope field metadata is no object';
  if (overrides !== undefined && !overridesSchema.safeParse(overrides).success) {
    return `the envelope field overrides is malformed: ${JSON.stringify(overrides)}`;
  }
  if (retriedFrom !== undefined && !isTaskId(retriedFrom))
    return 'the envelope field retriedFrom is not a task id';
  if (stepsOf !== undefined && typeof stepsOf !== 'string') return 'the envelope field stepsOf is no text';
  if (scheduleId !== undefined && typeof scheduleId !== 'string')
    return 'the envelope field scheduleId is no text';
  if (expiresAtMs !== undefined && !Number.isSafeInteger(expiresAtMs))
    return 'the envelope field expiresAtMs is no time in milliseconds';
  return undefined;
};

/** Reads a job's data that claims to be an envelope; refuses a version, a field or a value it does not know. */
export const parseEnvelope = (data: Fields): Result<TaskEnvelope, EnvelopeError> => {
  const problem = fieldProblem(data);
  if (problem !== undefined) return err(new EnvelopeError(problem));
  return ok(data as unknown as TaskEnvelope); // every field was just checked
};

/**
 * Wraps the data of a job that plain BullMQ wrote: it is the payload, with a correlation ID of its own.
 *
 * @param origin What the job is known by, the same for all its attempts: so is the correlation ID.
 */
export const bareEnvelope = (payload: unknown, origin: string): TaskEnvelope => ({
  v: ENVELOPE_VERSION,
  payload,
  correlationId: CorrelationId(v5(origin, BARE_JOBS)),
});
