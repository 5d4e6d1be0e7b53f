import { type Result } from 'neverthrow';
import { type CancelError } from '../domain/CancelError';
import { type TaskEnd, type TaskName } from '../domain/TaskEnd';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskResultError } from '../domain/TaskResultError';
import { type TaskSighting } from '../domain/TaskSighting';
import { type TaskLog } from '../queue/TaskLog';
import { type TaskLooks } from './TaskLooks';

/** A task as its handle knows it. */
export interface HandledTask extends TaskName {
  /** Of its definition. */
  readonly maxAttempts: number | undefined;
}

/** What handles ask of tasks: on Redis, or in the memory of the testing kit. None of it rejects because of Redis. */
export interface HandlePort {
  /** Whether Redis may be asked (`TASKS_ENABLED`); if not, waits are refused at once. */
  readonly tasksEnabled: boolean;
  look(task: TaskName): Promise<Result<TaskSighting, TaskResultError>>;
  /** Waits for the end of a task, so many milliseconds at most. */
  waitForEnd(task: TaskName, timeoutMs: number): Promise<Result<TaskEnd, TaskResultError>>;
  /** Begins to look at a task, for so many milliseconds at most. */
  openLooks(task: TaskName, timeoutMs: number): TaskLooks;
  readLog(task: TaskName): Promise<Result<TaskLog, Error>>;
  cancel(task: HandledTask, reason: string | undefined): Promise<Result<TaskRecord, CancelError>>;
}
