import { type LogLevel } from '@backend/logger/LogLevel';
import { type BenchmarkPayload } from './BenchmarkPayload';

/** How much of Drover's work the plain side does by hand. */
export type PlainWork = 'same' | 'bare';

/** Which queue of which Redis a contestant works on. */
export interface QueuePlace {
  readonly redisUrl: string;
  /** First part of every key. */
  readonly prefix: string;
  /** Drover's `LEDGER_URL`. Without effect on the plain side. Default: `off`. */
  readonly ledgerUrl?: string;
}

/** What a call says besides its payload. */
export interface CallOptions {
  /** 0 to 100, as Drover counts. Default: 50. */
  readonly priority?: number;
  /** One task for each key within a day. Default: none. */
  readonly idempotencyKey?: string;
}

/** Hands tasks to the queue. */
export interface Producer extends AsyncDisposable {
  /** Resolves when Redis has the task; rejects when it has not. */
  schedule(payload: BenchmarkPayload, options?: CallOptions): Promise<void>;
  /** Schedules a task and waits for its result; rejects when there is none. */
  run(payload: BenchmarkPayload): Promise<void>;
}

/** Takes tasks from the queue. */
export interface Consumer extends AsyncDisposable {
  start(): Promise<void>;
}

/** How a consumer works. */
export interface ConsumerOptions extends QueuePlace {
  /** Tasks at the same time. */
  readonly concurrency: number;
  /** Level of the logger, which writes JSON to nowhere: at `info` one line for each attempt. */
  readonly logLevel: LogLevel;
  /**
   * What the plain side does around its handler: the `same` work by hand (validation, one log line), or `bare` BullMQ,
   * which does neither. Without effect on Drover.
   */
  readonly plainWork: PlainWork;
  /** Called by the handler, once for each task. */
  onRun(): void;
}

/** One of the two sides, ready to do the same work as the other. */
export interface Contestant {
  /** Connects before it resolves, so that no measurement contains it. */
  createProducer(place: QueuePlace): Promise<Producer>;
  createConsumer(options: ConsumerOptions): Promise<Consumer>;
}
