import { type TaskId } from '../domain/TaskId';
import { type StepStore } from '../domain/TaskStep';
import { type HeldCancellation } from './Cancellation';
import { type ChildStore } from './ChildStore';
import { type TaskSlot } from './JobSlots';
import { type Settlement } from './settle';
import { type JobInput } from './TaskQueues';
import { type TaskReporter } from './TaskReporter';

/** One job as BullMQ hands it to a worker. */
export interface Delivery {
  /** Ours, or the plain number of a job that another program added. */
  readonly taskId: TaskId;
  /** An envelope, or the bare payload of a job that another program added. */
  readonly data: unknown;
  /** Attempts that ended before this one. */
  readonly attemptsMade: number;
  /** How often the job was taken, this time included. */
  readonly takenCount: number;
  /** How often a worker died, or lost the lock, while it held this job. */
  readonly crashCount: number;
  /** When the queue was told that the task had failed for good, if somebody has put it back since; milliseconds since 1970. */
  readonly failedAtMs: number | undefined;
  /** BullMQ's number. */
  readonly jobPriority: number;
  readonly scheduledAt: Date;
  /** Milliseconds the first attempt was put off. */
  readonly delayMs: number;
  /** BullMQ's deduplication of the job, if it was added with one. */
  readonly deduplication?: JobInput['options']['deduplication'];
  /** Deliveries with the same key are one run: the job was delivered again while this process held it. */
  readonly runKey: string;
  /**
   * To be asked when the handler is about to begin. Nothing, unless the process has stood still since it took the task:
   * then whether no other worker has taken it meanwhile, in which case it must not run here as well.
   */
  checkHeld(): Promise<boolean> | undefined;
  /**
   * Tells Redis of crashes that it has forgotten, so that it counts on from them: one that went back in time would count anew, and
   * nobody could tell a crash that follows from one that is known. Without the lock nothing is written. Never rejects.
   */
  raiseCrashCount(crashCount: number): Promise<void>;
  /** Whether the task was asked to stop: before this delivery, or while it runs. Redis brings the news, or the ledger. */
  readonly cancellation: HeldCancellation;
  /** Takes what the handler reports, as often as it likes. Costs nothing until it is used. */
  readonly report: Pick<TaskReporter, 'progress' | 'log'>;
  /** Made when it is first asked for, which few tasks do. */
  readonly steps: StepStore;
  /** The worker's slot that the run holds. */
  readonly slot: TaskSlot;
  /** The tasks that this one waits for, or has waited for. */
  readonly children: ChildStore;
}

/** What a delivery ends in. */
export interface DeliveryEnd {
  readonly outcome: Settlement;
  /** 1-based number of the attempt that ended. */
  readonly attempt: number;
  /** Whether the handler began: a task that has begun in time expires no more. */
  readonly hasBegun: boolean;
  /** Called once Redis has the outcome; never when another worker has taken the task over meanwhile. */
  onSettled(): void;
  /** Called when Redis could not be told of the outcome: it has lost the task, say, or another worker has it. */
  onUntold(): void;
  /** Called when the outcome is needed no more: Redis has it, or somebody else has the task for good. */
  onOver(): void;
}
