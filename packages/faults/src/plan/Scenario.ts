import { type Behaviour } from '../tasks/Behaviour';

/** When a fault strikes: a moment after the beginning of the load, or a run of one of its calls. */
export type Trigger =
  | { readonly atMs: number }
  | {
      /** Number of the call. */
      readonly onCall: number;
      /** 1-based: its first run, its second ... */
      readonly run: number;
      /** Of the run: its beginning, or the commit of its transaction. Default: its beginning. */
      readonly moment?: 'start' | 'committed';
      /** Milliseconds after that. */
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
  | { readonly kind: 'add-worker' }
  /** SIGKILL of the first worker when it sends its n-th completion, which does not reach Redis; started again. */
  | { readonly kind: 'kill-at-completion'; readonly nth: number; readonly restartAfterMs: number };

/** What is done to processes that take no tasks. */
export type PublisherFault =
  /** SIGKILL of the process that schedules; calls go to a new one. */
  | { readonly kind: 'kill-scheduler' }
  /** SIGKILL of the process that only relays when it sends its n-th packet of tasks, which do not reach Redis; started again. */
  | { readonly kind: 'kill-relay'; readonly nth: number; readonly restartAfterMs: number };

/** What is done to the database of the ledger. */
export type DatabaseFault =
  /** SIGSTOP of every process of a Postgres, and SIGCONT after a while. */
  | { readonly kind: 'suspend-database'; readonly forMs: number }
  /** SIGKILL of every process of a Postgres, and a start on the same data. */
  | { readonly kind: 'kill-database'; readonly forMs: number }
  /** Somebody else writes to a SQLite file in one long transaction. */
  | { readonly kind: 'lock-database'; readonly forMs: number };

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
export type Fault = { readonly trigger: Trigger } & (
  | WorkerFault
  | PublisherFault
  | RedisFault
  | DatabaseFault
  | NetworkFault
);

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
  /** Milliseconds between two attempts. Default: those of the bench's task. */
  readonly backoffMs?: number;
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
  /** Some task whose scheduling process was killed before it answered is in the ledger. Default: none need be. */
  readonly losesAnswers?: boolean;
  /** No call is acknowledged that is made while the database of the ledger is away. Default: it may be. */
  readonly refusesWithoutDatabase?: boolean;
  /** With which code, and within how many milliseconds, each worker that is asked to stop ends. */
  readonly stop?: { readonly code: number; readonly withinMs: number };
}

/** The ledger that tasks are written to, and who works on it besides workers. */
export interface LedgerSetting {
  readonly dialect: 'sqlite' | 'postgres';
  /** Who schedules: the bench, a process that can be killed, or the bench without a way to Redis. Default: the bench. */
  readonly scheduler?: 'bench' | 'process' | 'without-redis';
  /** A process that only relays runs besides the workers. Default: false. */
  readonly hasRelay?: boolean;
  /** What a packet takes between Redis and a process that only schedules or relays; milliseconds. Default: 0. */
  readonly latencyMs?: number;
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
  /** Default: the ledger is off. */
  readonly ledger?: LedgerSetting;
  readonly loads: readonly Load[];
  readonly faults: readonly Fault[];
  /** Default: the invariants alone. */
  readonly expects?: Expectation;
}
