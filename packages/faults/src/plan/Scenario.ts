import { type Behaviour } from '../tasks/Behaviour';

/** When a fault strikes: a moment after the beginning of the load, or a run of one of its calls. */
export type Trigger =
  | { readonly atMs: number }
  | {
      /** Number of the call. */
      readonly onCall: number;
      /** 1-based: its first run, its second ... */
      readonly run: number;
      /** Milliseconds after the run began. */
      readonly afterMs: number;
    };

/** What is done to a worker process. */
export type WorkerFault =
  /** SIGKILL; a supervisor starts it again after `restartAfterMs`, or never. */
  | { readonly kind: 'kill-worker'; readonly worker: number; readonly restartAfterMs: number | undefined }
  /** SIGKILL of the worker that runs the call of the trigger. */
  | { readonly kind: 'kill-runner'; readonly restartAfterMs: number | undefined }
  /** SIGTERM, or two of them; started again once it has ended, or never. */
  | {
      readonly kind: 'stop-worker';
      readonly worker: number;
      readonly signals: 1 | 2;
      readonly restartAfterMs: number | undefined;
    }
  /** SIGTERM to one worker after the other; each is started again, and waited for, before the next one. */
  | { readonly kind: 'rolling-restart'; readonly rounds: number }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly kind: 'suspend-worker'; readonly worker: number; readonly forMs: number }
  /** One more worker; on a Redis that is away it waits. */
  | { readonly kind: 'add-worker' };

/** What is done to Redis. */
export type RedisFault =
  /** SIGKILL; started again on the same port and data after `downMs`. */
  | { readonly kind: 'kill-redis'; readonly downMs: number }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly kind: 'suspend-redis'; readonly forMs: number }
  /** SIGKILL, and a start that answers LOADING for a while. */
  | { readonly kind: 'load-slowly'; readonly forMs: number }
  /** It refuses writes, as a replica does. */
  | { readonly kind: 'read-only'; readonly forMs: number }
  /** It refuses what needs memory. */
  | { readonly kind: 'out-of-memory'; readonly forMs: number }
  /** The locks of all tasks that run vanish, as in a failover to a replica that had not got them yet. */
  | { readonly kind: 'drop-locks' }
  /** FLUSHALL. */
  | { readonly kind: 'flush' }
  /** SIGKILL, and a start with nothing on the same port. */
  | { readonly kind: 'lose-data'; readonly downMs: number };

/** Commands whose reply can be lost: by what BullMQ wants with them. */
export type ReplyKind = 'add' | 'fetch' | 'completion';

/** What is done to the network between Redis and everybody else. */
export type NetworkFault =
  /** The n-th command of a kind is carried out, but its connection breaks before the reply arrives. */
  | { readonly kind: 'lose-reply'; readonly of: ReplyKind; readonly nth: number }
  /** Every packet takes longer, and some break their connection. */
  | {
      readonly kind: 'bad-network';
      readonly latencyMs: number;
      readonly resetPercent: number;
      readonly forMs: number;
    }
  /** Packets vanish with no error; connections of that time never come back to life. */
  | { readonly kind: 'swallow'; readonly forMs: number };

/** One thing that goes wrong. */
export type Fault = { readonly trigger: Trigger } & (WorkerFault | RedisFault | NetworkFault);

/** The name of a kind of fault. */
export type FaultKind = Fault['kind'];

/** Calls of `schedule`, spread over a time. */
export interface Load {
  readonly atMs: number;
  readonly count: number;
  readonly spreadMs: number;
  readonly behaviour: Behaviour;
  /** Milliseconds the tasks are put off. Default: 0. */
  readonly delayMs?: number;
  readonly maxAttempts?: number;
  /** Milliseconds after its answer at which each call is cancelled. Default: it is not. */
  readonly cancelAfterMs?: number;
}

/** What a case promises beyond the invariants. */
export interface Expectation {
  /** Runs beyond the first, over all tasks. Default: as many as the faults explain. */
  readonly maxExtraRuns?: number;
  /** Why call 0 fails. Default: it need not. */
  readonly failsAs?: string;
  /** Call 0 is completed. Default: it may fail for a reason that the invariants allow. */
  readonly completes?: boolean;
  /** No step whose result was stored is begun again. Default: false. */
  readonly keepsSteps?: boolean;
  /** Every task is completed with its first attempt. Default: false. */
  readonly usesOneAttempt?: boolean;
  /** Every call made after so many milliseconds of the load is acknowledged. Default: one may be refused. */
  readonly acknowledgesFromMs?: number;
  /** Every handler that ends in a generated way has the outcome that is documented for it. Default: false. */
  readonly endsAsDocumented?: boolean;
  /** With which code, and within how many milliseconds, each worker that is asked to stop ends. */
  readonly stop?: { readonly code: number; readonly withinMs: number };
}

/** Workers, tasks and what goes wrong meanwhile: data, so that it can be printed, replayed and made smaller. */
export interface Scenario {
  readonly name: string;
  /** What the rest was made from. */
  readonly seed: number;
  readonly workerCount: number;
  /** Tasks of one name at the same time in each worker. */
  readonly concurrency: number;
  /** Milliseconds a stopping worker waits. Default: that of the bench. */
  readonly drainTimeoutMs?: number;
  /** More tasks than can run at once: they wait for each other. Default: false. */
  readonly isBacklog?: boolean;
  /** Milliseconds the workers' clock is ahead of everybody else's. Default: 0. */
  readonly clockAheadMs?: number;
  readonly loads: readonly Load[];
  readonly faults: readonly Fault[];
  /** Default: the invariants alone. */
  readonly expects?: Expectation;
}
