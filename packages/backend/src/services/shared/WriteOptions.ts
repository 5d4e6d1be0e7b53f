import { type CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';

/** Who writes, and why. */
export interface WriteOptions {
  /** The request's; hooks are told, and tasks that they trigger carry it. Default: a new one. */
  readonly correlationId?: CorrelationId | undefined;
  /** The user who writes. Default: none. */
  readonly userId?: UserId | undefined;
}
