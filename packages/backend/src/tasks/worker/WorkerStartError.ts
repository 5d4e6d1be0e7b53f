import { AppError } from '@core/errors/AppError';

/**
 * Why a worker did not start.
 *
 * - `redis-unsafe`: `REDIS_STRICT=true`, and Redis could lose tasks; the message lists why. Correct its configuration.
 * - `stopped`: `stop` was called before; a stopped worker stays stopped.
 */
export type WorkerStartErrorCode = 'redis-unsafe' | 'stopped';

/** A worker did not start; it takes no task. */
export class WorkerStartError extends AppError {
  override readonly name = 'WorkerStartError';
  override readonly code: WorkerStartErrorCode;

  constructor(message: string, code: WorkerStartErrorCode) {
    super(message);
    this.code = code;
  }
}
