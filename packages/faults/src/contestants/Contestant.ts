import { type Acknowledgement, type CancelHistory, type TaskSnapshot } from '../check/History';
import { type FaultPayload } from '../tasks/Behaviour';

/** Who runs the tasks. */
export type Side = 'drover' | 'bullmq';

/** Where and how a contestant runs. */
export interface ContestantSettings {
  /** Port of the proxy on 127.0.0.1: what workers and producers see. */
  readonly port: number;
  /** Port of Redis itself: what the checker reads from. */
  readonly redisPort: number;
  readonly folder: string;
  readonly evidencePath: string;
  readonly lockMs: number;
  readonly stalledIntervalMs: number;
  readonly drainTimeoutMs: number;
  readonly concurrency: number;
  readonly clockAheadMs: number;
  /** `off` for none. */
  readonly ledgerUrl: string;
}

/** How a process is started. */
export interface ProcessCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A call of `schedule`. */
export interface FaultCall {
  readonly correlationId: string;
  readonly payload: FaultPayload;
  readonly delayMs: number;
  readonly maxAttempts: number;
  /** Default: that of the task. */
  readonly backoffMs?: number;
}

/** Schedules tasks in the process of the bench. */
export interface Producer extends AsyncDisposable {
  /** Never rejects. */
  schedule(call: FaultCall): Promise<Acknowledgement>;
  /** Never rejects; undefined for a contestant that cannot cancel what runs. */
  cancel?(taskId: string): Promise<CancelHistory['answer']>;
}

/** What a scheduling process is told. */
export interface SchedulerMessage {
  /** Tells calls apart. */
  readonly number: number;
  readonly call: FaultCall;
}

/** What it answers. */
export interface SchedulerAnswer {
  readonly number: number;
  readonly acknowledgement: Acknowledgement;
}

/** What the API says of tasks. */
export interface TaskViewer {
  view(taskId: string): Promise<TaskSnapshot['view']>;
}

/** A way to run tasks that the bench can break. */
export interface Contestant {
  readonly side: Side;
  readonly prefix: string;
  readonly queueName: string;
  /** What a worker prints when it takes tasks. */
  readonly readyText: string;
  workerCommand(settings: ContestantSettings): ProcessCommand;
  /** A process that schedules what it is told to: see `SchedulerMessage`. Absent for a contestant without a ledger. */
  schedulerCommand?(settings: ContestantSettings): ProcessCommand;
  /** A process that only relays. Absent for a contestant without a ledger. */
  relayCommand?(settings: ContestantSettings): ProcessCommand;
  openProducer(settings: ContestantSettings): Producer;
  openViewer(settings: ContestantSettings): TaskViewer | undefined;
}
