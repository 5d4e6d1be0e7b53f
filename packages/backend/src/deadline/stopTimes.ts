/**
 * How long a worker process that stops may take for what, counted from the end of `WORKER_DRAIN_TIMEOUT_MS`; milliseconds. Each
 * leaves the next one time to go on, and the last is below the 2 s that are promised.
 */
export const WORKER_STOP_TIMES = {
  /** For the answer of a ledger that an attempt waits for; then its task can still be given back. */
  ledgerMs: 800,
  /** For Redis to take the tasks back; then the ends that wait for the ledger can still be written. */
  giveBackMs: 1500,
  /** For the worker, its resources included; then the connections can still be closed. */
  workerMs: 1700,
  /** For the whole process. */
  processMs: 1850,
} as const;

/** The same of an API process, counted from the signal. The last is below the 5 s that are promised. */
export const API_STOP_TIMES = {
  /** For requests that run; then what they have asked for can still be written. */
  requestsMs: 3000,
  /** For what it does for the ledger; then the ledger can still be closed. */
  dutiesMs: 4500,
  /** For the whole process. */
  processMs: 4850,
} as const;
