/** The public surface of the task module: everything a service, an entry point or a test needs. */
export { closeSharedConnections } from '@backend/redis/sharedRedis';
export type { Priority } from './domain/Priority';
export type { RecurringRule } from './domain/RecurringRule';
export type {
  MissedRuns,
  RecurringOptions,
  RecurringSchedule,
  RunOverlap,
  ScheduleOrigin,
} from './domain/RecurringSchedule';
export type { RetryPolicy } from './domain/RetryPolicy';
export type { ScheduleId } from './domain/ScheduleId';
export type { ScheduleOptions } from './domain/ScheduleOptions';
export type { ScheduleTiming } from './domain/ScheduleTiming';
export type { TaskContext } from './domain/TaskContext';
export {
  defineTask,
  type HandlerResult,
  type TaskDefinition,
  type TaskSpecification,
} from './domain/TaskDefinition';
export { TaskError, type TaskErrorCode } from './domain/TaskError';
export { isTaskId, TaskId } from './domain/TaskId';
export type { RetentionRule, RetryOptions, TaskOptions } from './domain/TaskOptions';
export type { FailureReason } from './domain/TaskOutcome';
export type { StoredTaskError, TaskRecord } from './domain/TaskRecord';
export {
  createTaskRegistry,
  type TaskRegistry,
  TaskRegistryError,
  UnknownTaskError,
} from './domain/TaskRegistry';
export { isTerminalStatus, TASK_STATUSES, type TaskStatus } from './domain/TaskStatus';
export { InspectorError, type InspectorErrorCode } from './inspector/InspectorError';
export {
  createTaskInspector,
  type TaskInspector,
  type TaskInspectorOptions,
} from './inspector/TaskInspector';
export type { TaskCounts } from './queue/TaskRecordReader';
export { RecurringError, type RecurringErrorCode } from './recurring/RecurringError';
export {
  type CreateScheduleOptions,
  createRecurringSchedules,
  type RecurringSchedules,
  type RecurringSchedulesOptions,
} from './recurring/RecurringSchedules';
export { ScheduleError, type ScheduleErrorCode } from './scheduler/ScheduleError';
export type { TaskHandle } from './scheduler/TaskHandle';
export {
  createTaskScheduler,
  type TaskScheduler,
  type TaskSchedulerOptions,
} from './scheduler/TaskScheduler';
export {
  createTaskWorker,
  type TaskWorker,
  type TaskWorkerOptions,
  type TaskWorkerStats,
  type TaskWorkerStatus,
} from './worker/TaskWorker';
export { WorkerOptionsError } from './worker/WorkerPlan';
export { WorkerStartError, type WorkerStartErrorCode } from './worker/WorkerStartError';
