import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, type Result } from 'neverthrow';
import { accessFailureCode, describeAccessFailure } from '../queue/AccessFailure';
import { createHolderLock, type HolderLock } from '../queue/HolderLock';
import { createQueueAccess } from '../queue/QueueAccess';
import { type LockCall, lockProblems } from './lockProblems';
import { TaskLockError } from './TaskLockError';

/**
 * Locks by name, over all processes of one Redis and prefix. A lock lapses by itself `ttlMs` after it was taken or extended
 * last, so a process that dies blocks nobody for longer. It keeps two holders from having the same key at one time, not from
 * acting at one time: docs/guides/locks.md says what it does not guarantee.
 *
 * `key` names what is locked, `holder` who wants it: texts of 1 to 512 characters. `ttlMs` is milliseconds, 1 to 2147483647.
 * Every method answers a `TaskLockError` when one of them breaks its rule or Redis does not answer; none throws.
 */
export interface TaskLock {
  /**
   * Takes a free lock. True too when the holder has it already: it then lasts `ttlMs` from now on. So two pieces of work that
   * must exclude each other need two holders. After `queue-unavailable` the lock may be taken: release it, or ask again.
   */
  acquire(key: string, holder: string, ttlMs: number): Promise<Result<boolean, TaskLockError>>;
  /** Lets the lock last `ttlMs` from now on. False when the holder has it no more: stop what it protects. */
  extend(key: string, holder: string, ttlMs: number): Promise<Result<boolean, TaskLockError>>;
  /**
   * Frees the lock. False when the holder did not have it any more; then nothing is freed. On a Redis Cluster also when the
   * reply was lost and the command sent again: the first one has freed it. Call it after an error of `acquire` too.
   */
  release(key: string, holder: string): Promise<Result<boolean, TaskLockError>>;
  /** Whether the holder, or anybody when none is named, has the lock at this moment. */
  isHeld(key: string, holder?: string): Promise<Result<boolean, TaskLockError>>;
}

/** What locks are made of. */
export interface TaskLockOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates access to locks. Free: it shares the connection of the schedulers of the process.
 *
 * @example
 * const lock = createTaskLock({ logger, appConfig });
 * const acquired = await lock.acquire('invoices:2026-01', runId, 30_000);
 */
export const createTaskLock = (options: TaskLockOptions): TaskLock => {
  const access = createQueueAccess(options);
  const prefix = options.appConfig.queuePrefix;
  const ask = async (
    call: LockCall & { readonly key: string },
    question: (lock: HolderLock) => Promise<boolean>,
  ): Promise<Result<boolean, TaskLockError>> => {
    const problems = lockProblems(call);
    if (problems.length > 0) return err(new TaskLockError(problems.join('; '), { code: 'invalid-lock' }));
    const answered = await access.run((_queues, { client }) =>
      question(createHolderLock({ client, prefix, key: call.key })),
    );
    return answered.mapErr(toUnavailable);
  };
  return {
    acquire: (key, holder, ttlMs) => ask({ key, holder, ttlMs }, (lock) => lock.acquire(holder, ttlMs)),
    extend: (key, holder, ttlMs) => ask({ key, holder, ttlMs }, (lock) => lock.extend(holder, ttlMs)),
    release: (key, holder) => ask({ key, holder }, (lock) => lock.release(holder)),
    isHeld: (key, holder) =>
      ask(holder === undefined ? { key } : { key, holder }, (lock) => lock.isHeld(holder)),
  };
};

const toUnavailable = (error: Error): TaskLockError =>
  new TaskLockError(describeAccessFailure(error), { code: accessFailureCode(error), cause: error });
