/** The testing kit: what users of Drover need in their own tests. Production code does not import it. */
export type { EffectCall } from './idempotency/EffectCall';
export type { Difference } from './idempotency/firstDifference';
export type { IdempotencyWorld } from './idempotency/IdempotencyTrial';
export { type IdempotencyFinding, NotIdempotentError } from './idempotency/NotIdempotentError';
export {
  type IdempotencyOptions,
  type IdempotencyProof,
  proveIdempotent,
} from './idempotency/proveIdempotent';
export type { Expected } from './listDifferences';
export { type RunTaskOptions, runTask, type TestOutcome } from './runTask';
export type { ScheduledTask } from './ScheduledTask';
export { ScheduleExpectationError } from './ScheduleExpectation';
export { createTestContext, type RecordedContext, type TestContext } from './TestContext';
export { TestingError } from './TestingError';
export { createTestScheduler, type TestScheduler, type TestSchedulerOptions } from './TestScheduler';
export { testConfig } from './testConfig';
export { type LocalRedisWorld, type LocalRedisWorldOptions, withLocalRedis } from './withLocalRedis';
