import { type CorrelationId } from '@core/domain/CorrelationId';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type Disposition } from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';

/** One call of `schedule` that was accepted, as its caller made it. */
export interface ScheduledTask<Payload = unknown> {
  readonly id: TaskId;
  readonly taskName: string;
  readonly payload: Payload;
  readonly options: ScheduleOptions;
  readonly correlationId: CorrelationId;
  readonly disposition: Disposition;
  /** The task whose handler made the call. */
  readonly parentId?: TaskId;
}
