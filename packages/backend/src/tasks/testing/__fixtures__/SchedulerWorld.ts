import { type RecurringSchedule } from '../../domain/RecurringSchedule';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskRecord } from '../../domain/TaskRecord';
import { type TaskScheduler } from '../../scheduler/TaskScheduler';

/** A scheduler and its worker, real or not, as the contract of schedulers sees them. */
export interface SchedulerWorld extends AsyncDisposable {
  readonly scheduler: TaskScheduler;
  /** The unit in which the contract gives times: long enough to tell two moments apart; milliseconds. */
  readonly tickMs: number;
  /** Nothing runs but while this is waited for: lets so many ticks pass, then runs what is due to its end. */
  pass(ticks: number): Promise<void>;
  record(id: string): Promise<TaskRecord | undefined>;
  listSchedules(): Promise<readonly RecurringSchedule[]>;
}

/** Makes a world whose worker knows these tasks and has one slot; `env` are variables of its configuration. */
export type CreateSchedulerWorld = (
  tasks: readonly TaskDefinition<unknown>[],
  env?: Readonly<Record<string, string>>,
) => Promise<SchedulerWorld>;
