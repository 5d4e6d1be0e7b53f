import { type ILogger } from '@backend/logger/Logger';
import { type ResolveResource } from '../domain/ResourceToken';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type Isolation } from '../isolation/Isolation';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type AttemptLedger } from './AttemptLedger';
import { type AttemptPlan, type TaskDefaults } from './AttemptPlan';
import { type HandlerClock } from './HandlerClock';
import { type Shutdown } from './Shutdown';
import { type TaskFamily } from './TaskFamily';

/** What a worker gives every attempt. */
export interface AttemptEnvironment {
  readonly workerId: string;
  readonly logger: ILogger;
  readonly defaults: TaskDefaults;
  /** Milliseconds a handler may take to end after its signal was aborted. */
  readonly graceMs: number;
  /** Crashes after which a task is failed as `crash-loop`. */
  readonly maxCrashes: number;
  readonly maxResultBytes: number;
  /** Begins when the worker no longer waits for its tasks. */
  readonly shutdown: Shutdown;
  /** What time limits go by. Default: real time. */
  readonly clock?: HandlerClock | undefined;
  /** Schedules for handlers, and waits for children. Default: nothing does, as in a direct call. */
  readonly family?: TaskFamily | undefined;
  /** Finds shared resources for handlers. */
  readonly resolve: ResolveResource;
  /** Runs the attempts of isolated tasks. Without it they run in this process, like all others. */
  readonly isolation?: Isolation | undefined;
  /** Writes attempts down. Without it nobody does: `LEDGER_URL` is `off`. */
  readonly ledger?: AttemptLedger | undefined;
  now(): Date;
  /** From 0 to 1. */
  random(): number;
}

/** One attempt that has ended. */
export interface AttemptEnd {
  readonly outcome: TaskOutcome;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly envelope: TaskEnvelope;
  readonly startedAt: Date;
  /** Whether the handler began. */
  readonly hasBegun: boolean;
  /** Children that the attempt had and did not wait for to their end. */
  readonly unendedChildren: readonly StoredChild[];
  /** The task had ended before, so that nothing was run; absent otherwise. */
  readonly hadEnded?: true;
  /** The ledger has what the attempt came to; absent otherwise. */
  readonly isRecorded?: true;
}

/** One attempt before its end. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly task: TaskDefinition<unknown>;
  readonly envelope: TaskEnvelope;
  readonly plan: AttemptPlan;
  readonly startedAt: Date;
  readonly environment: AttemptEnvironment;
}

/** What every log line of an attempt carries. */
export const toLogBindings = ({ delivery, task, envelope, plan }: Attempt) => ({
  correlationId: envelope.correlationId,
  taskId: delivery.taskId,
  taskName: task.queueName,
  attempt: plan.attempt,
});
