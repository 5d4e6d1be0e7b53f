/** What workers of the bench are configured with: short, so that a run takes seconds. Milliseconds. */
export const BENCH = Object.freeze({ lockMs: 1500, stalledIntervalMs: 500, drainTimeoutMs: 2000 });

/** What a ledger of the bench is configured with: short too. Milliseconds. */
export const LEDGER_BENCH = Object.freeze({
  deadlineMs: 1000,
  relayIntervalMs: 250,
  relayAgeMs: 250,
  reconcileIntervalMs: 1000,
  reconcileAgeMs: 1000,
});

/** How long a relay that died keeps others from what it had; as that of a configured relay. Milliseconds. */
export const RELAY_LEASE_MS = 12_000;

/** The wait between attempts of the bench's task; milliseconds. */
export const BACKOFF_MS = 100;

/** Crashes after which a task is failed; as `TASK_MAX_CRASHES` by default. */
export const MAX_CRASHES = 3;

/** Names of the keys that make a start of Redis slow. */
export const FILLER_PREFIX = 'filler:';
