import { type FaultKind, type Scenario } from '../plan/Scenario';
import { type FaultPayload } from '../tasks/Behaviour';
import { type Evidence } from '../tasks/Evidence';

/** A time; milliseconds since 1970 by the machine's clock. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One line that a worker process printed. */
export interface LogLine {
  /** Undefined for standard error. */
  readonly atMs: number | undefined;
  /** `info`, `warn`, `error`, or `stderr`. */
  readonly level: string;
  readonly message: string;
  readonly taskId: string | undefined;
  readonly correlationId: string | undefined;
  /** As printed. */
  readonly text: string;
}

/** The life of one worker process. */
export interface ProcessHistory {
  readonly pid: number;
  readonly name: string;
  readonly startedAtMs: number;
  /** When it began to take tasks. */
  readonly readyAtMs: number | undefined;
  /** When the bench sent SIGKILL. */
  readonly killedAtMs: number | undefined;
  /** When the bench sent SIGTERM. */
  readonly stopRequestedAtMs: readonly number[];
  readonly endedAtMs: number | undefined;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly suspensions: readonly Window[];
  /** Processor time used so far, at several moments. */
  readonly cpu: readonly { readonly atMs: number; readonly cpuMs: number }[];
  readonly lines: readonly LogLine[];
}

/** How a call of `schedule` was answered. */
export type Acknowledgement =
  | { readonly kind: 'acknowledged'; readonly taskId: string }
  | { readonly kind: 'refused'; readonly message: string }
  /** The task may be on the queue. */
  | { readonly kind: 'unknown'; readonly taskId: string | undefined; readonly message: string };

/** How a cancellation was answered, and when. */
export interface CancelHistory {
  readonly answeredAtMs: number;
  /** `ended`: too late; `unknown`: Redis did not answer in time, however often it was asked. */
  readonly answer: 'cancelled' | 'running' | 'ended' | 'unknown';
}

/** What Redis holds of one task. */
export interface TaskSnapshot {
  /** Lists and sets of the queue that hold it: `wait`, `active`, `completed`, ...; a task has one home. */
  readonly homes: readonly string[];
  readonly attemptsMade: number;
  readonly crashCount: number;
  /** As JSON text. */
  readonly value: string | undefined;
  readonly failedReason: string | undefined;
  /** By the clock of the worker that settled it. */
  readonly finishedOnMs: number | undefined;
  /** What the API says; undefined for a contestant that has none. */
  readonly view: { readonly status: string; readonly reason: string | undefined } | undefined;
}

/** One call of `schedule`, and what became of its task. */
export interface CallHistory {
  readonly call: number;
  readonly correlationId: string;
  readonly payload: FaultPayload;
  readonly maxAttempts: number;
  readonly calledAtMs: number;
  readonly answeredAtMs: number;
  readonly delayMs: number;
  readonly acknowledgement: Acknowledgement;
  /** Undefined when it was not cancelled. */
  readonly cancellation?: CancelHistory | undefined;
  /** When it was first seen to have ended. */
  readonly settled: TaskSnapshot | undefined;
  /** When everything was over. */
  readonly final: TaskSnapshot | undefined;
}

/** A kind of fault, a reset by a bad network, or a handler that held its event loop. */
export type FaultEventKind = FaultKind | 'reset' | 'block';

/** One fault that happened. */
export interface FaultEvent extends Window {
  readonly kind: FaultEventKind;
  /** The worker process it struck; undefined: all of them. */
  readonly pid: number | undefined;
}

/** What the invariants are measured with; milliseconds. */
export interface Bounds {
  readonly lockMs: number;
  readonly stalledIntervalMs: number;
  readonly drainTimeoutMs: number;
  /** Crashes after which a task is failed. */
  readonly maxCrashes: number;
  /** How late the bench's own timers were at most: the machine was busy for so long. */
  readonly noiseMs: number;
}

/** How the lines begin that a worker says what matters with. */
export interface LogTexts {
  /** An error reached nobody. */
  readonly strayError: string;
  /** Redis has lost its data. */
  readonly dataLoss: string;
  /** The clock differs from that of Redis. */
  readonly clocks: string;
}

/** What the ledger says of one task, when everything was over. */
export interface LedgerTask {
  readonly taskId: string;
  readonly correlationId: string;
  readonly status: string;
  /** Milliseconds since 1970; undefined while it waits to be put on its queue. */
  readonly publishedAtMs: number | undefined;
  /** Milliseconds since 1970. */
  readonly completedAtMs: number | undefined;
  /** In their order. */
  readonly attempts: readonly { readonly outcome: string; readonly endedAtMs: number | undefined }[];
  /** Effects that its handlers committed. */
  readonly effectCount: number;
}

/** A task whose end was on its way to Redis when its worker was killed, and did not get there. */
export interface HeldEnd {
  readonly taskId: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What is left of a run with a ledger. */
export interface LedgerHistory {
  readonly tasks: readonly LedgerTask[];
  /** Jobs in Redis that have not ended. */
  readonly unfinishedJobCount: number;
  readonly heldEnds: readonly HeldEnd[];
}

/** Everything that is known of one run of a scenario: what the invariants are checked on. */
export interface History {
  readonly scenario: Scenario;
  readonly bounds: Bounds;
  readonly texts: LogTexts;
  /** When loads and faults began to count; milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly calls: readonly CallHistory[];
  readonly evidence: readonly Evidence[];
  readonly processes: readonly ProcessHistory[];
  readonly faults: readonly FaultEvent[];
  /** When Redis, or the ledger's database, could not be used. */
  readonly outages: readonly Window[];
  /** Keys in Redis before and after, the tasks that ended taken away. */
  readonly keys: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Errors that reached nobody in the bench itself, where the schedulers live. */
  readonly strayErrors: readonly string[];
  /** Undefined when the ledger was off. */
  readonly ledger?: LedgerHistory | undefined;
}
