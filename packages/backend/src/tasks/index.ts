/** The public surface of the task module: everything a service, an entry point or a test needs. */
export { closeSharedConnections } from '@backend/redis/sharedRedis';
export { DeadLetterError, type DeadLetterErrorCode } from './deadLetters/DeadLetterError';
export {
  createDeadLetterQueue,
  type DeadLetterQueue,
  type DeadLetterQueueOptions,
} from './deadLetters/DeadLetterQueue';
export type {
  LetterListOptions,
  LetterPurgeOptions,
  LetterRetryAllOptions,
  LetterRetryOptions,
} from './deadLetters/LetterQuery';
export type { RetriedLetters } from './deadLetters/retryLetters';
export type { CallerTransaction, TransactionAdapter } from './domain/CallerTransaction';
export { CancelError, type CancelErrorCode } from './domain/CancelError';
export { CHILD_ERROR_CODES, ChildError, type ChildErrorCode } from './domain/ChildError';
export type { DeadLetter, LetterFailure } from './domain/DeadLetter';
export type { Debounce, Deduplication } from './domain/Deduplication';
export type { IsolationLimits } from './domain/Isolation';
export type { Priority } from './domain/Priority';
export type { RecurringRule } from './domain/RecurringRule';
export type {
  MissedRuns,
  RecurringOptions,
  RecurringSchedule,
  RunOverlap,
  ScheduleOrigin,
} from './domain/RecurringSchedule';
export { type ResolveResource, ResourceToken, resolveFrom } from './domain/ResourceToken';
export type { RetriedSteps } from './domain/RetryCall';
export type { RetryPolicy } from './domain/RetryPolicy';
export { ScheduleError, type ScheduleErrorCode } from './domain/ScheduleError';
export type { ScheduleId } from './domain/ScheduleId';
export type { ScheduleOptions } from './domain/ScheduleOptions';
export type { ScheduleTiming } from './domain/ScheduleTiming';
export { isSkipped, type Skipped, skipped, skippedSchema } from './domain/Skipped';
export { type ChainPart, type ComposedHandler, chain, chord, group } from './domain/TaskChain';
export {
  type ChildCall,
  type ChildResults,
  type ChildRunOptions,
  call,
  type TaskChildren,
  type TaskInput,
  type TaskOutput,
} from './domain/TaskChildren';
export type { TaskContext } from './domain/TaskContext';
export type { TaskCounts } from './domain/TaskCounts';
export {
  defineTask,
  type HandlerResult,
  type TaskDefinition,
  type TaskSpecification,
} from './domain/TaskDefinition';
export { TaskError, type TaskErrorCode } from './domain/TaskError';
export type {
  Disposition,
  FoundHandle,
  TaskEvent,
  TaskHandle,
  TaskWaitOptions,
} from './domain/TaskHandle';
export { isTaskId, TaskId } from './domain/TaskId';
export type { RateLimit, RetentionRule, RetryOptions, TaskOptions } from './domain/TaskOptions';
export type { FailureReason } from './domain/TaskOutcome';
export type { RecordedStep, StoredTaskError, TaskRecord } from './domain/TaskRecord';
export {
  createTaskRegistry,
  type TaskRegistry,
  TaskRegistryError,
  UnknownTaskError,
} from './domain/TaskRegistry';
export { TaskResultError, type TaskResultErrorCode } from './domain/TaskResultError';
export { isTerminalStatus, TASK_STATUSES, type TaskStatus } from './domain/TaskStatus';
export type { StepChange, StepTools, StepWork } from './domain/TaskStep';
export { InspectorError, type InspectorErrorCode } from './inspector/InspectorError';
export type { TaskPage } from './inspector/listTasks';
export { renderTrace } from './inspector/renderTrace';
export type { TaskRetryOptions } from './inspector/retryEndedTask';
export type { StatsQuery } from './inspector/StatsQuery';
export type { TaskExplanation } from './inspector/TaskExplanation';
export type { TaskFact } from './inspector/TaskFact';
export {
  createTaskInspector,
  type TaskInspector,
  type TaskInspectorOptions,
} from './inspector/TaskInspector';
export type { TaskQuery } from './inspector/TaskQuery';
export type { Percentiles, TaskStats } from './inspector/TaskStats';
export type { TaskTrace, TracedTask } from './inspector/TaskTrace';
export { LEDGER_ERROR_CODES, LedgerError, type LedgerErrorCode } from './ledger/LedgerError';
export type { TaskAttempt } from './ledger/LedgerHistory';
export { closeSharedLedgers } from './ledger/sharedTaskLedger';
export { createTaskLock, type TaskLock, type TaskLockOptions } from './locks/TaskLock';
export { TaskLockError, type TaskLockErrorCode } from './locks/TaskLockError';
export { RecurringError, type RecurringErrorCode } from './recurring/RecurringError';
export {
  type CreateScheduleOptions,
  createRecurringSchedules,
  type RecurringSchedules,
  type RecurringSchedulesOptions,
} from './recurring/RecurringSchedules';
export {
  defineResource,
  type ResourceContext,
  type ResourceDefinition,
  type ResourceSpecification,
} from './resources/ResourceDefinition';
export {
  createTaskScheduler,
  type TaskScheduler,
  type TaskSchedulerOptions,
} from './scheduler/TaskScheduler';
export { type ComposedHooks, composeHooks } from './triggers/composeHooks';
export {
  createTaskTriggerHooks,
  type TaskTriggerHooks,
  type TaskTriggerOptions,
} from './triggers/createTaskTriggerHooks';
export { HookError, type HookErrorCode } from './triggers/HookError';
export type {
  EntityHookContext,
  HookContext,
  HookResult,
  ResourceHooks,
  UpdateHookContext,
} from './triggers/ResourceHooks';
export { ResourceHooksError } from './triggers/ResourceHooksError';
export type {
  TaskTrigger,
  TriggerEvent,
  TriggerPayload,
  UpdateTriggerContext,
} from './triggers/TaskTrigger';
export { TriggerError, type TriggerErrorCode } from './triggers/TriggerError';
export { startTaskWorkers, type TaskWorkers } from './worker/startTaskWorkers';
export {
  createTaskWorker,
  type TaskWorker,
  type TaskWorkerStats,
  type TaskWorkerStatus,
} from './worker/TaskWorker';
export type { TaskWorkerOptions } from './worker/TaskWorkerOptions';
export { WorkerOptionsError } from './worker/WorkerPlan';
export { WorkerStartError, type WorkerStartErrorCode } from './worker/WorkerStartError';
