import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { type TaskId } from '../domain/TaskId';
import { type JobInput } from '../queue/TaskQueues';

/** A key by which equal calls make one task; at most one for a task. */
export type LedgerKey =
  /** One task for each key until it expires, whatever becomes of the task; milliseconds since 1970. */
  | { readonly kind: 'idempotency'; readonly key: string; readonly expiresAtMs: number }
  /** No second task while one with the key is unfinished. */
  | { readonly kind: 'unique'; readonly key: string };

/** A task as the ledger takes it in: with all that the relay needs to put it on its queue. */
export interface LedgerEntry {
  readonly id: TaskId;
  readonly taskName: string;
  readonly envelope: TaskEnvelope;
  /**
   * BullMQ's options of its job, without those that keep it from being a second one: the key is the ledger's. What lets a run
   * of a schedule wait for the one before it stays.
   */
  readonly options: JobInput['options'];
  /** Fields of its job's hash, names and values in turn: the finished steps and children of the task that it does again. */
  readonly fields?: JobInput['fields'];
  /** Decided by the queue, when the task is put there. */
  readonly debounce: JobInput['debounce'];
  readonly key: LedgerKey | undefined;
  /** 0 to 100, ours: higher first. */
  readonly priority: number;
  readonly maxAttempts: number;
  /** What the definition and the call say of retries; JSON. Absent when neither says anything. */
  readonly retryStrategy: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** When it may start, if that is later; milliseconds since 1970. */
  readonly dueAtMs: number | undefined;
}
