/** Answers of a server that will accept the same command later: its memory is full, it is a replica, it loads ... */
const REFUSALS = /(?:^|-)(OOM|READONLY|LOADING|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/;

/**
 * Says whether a Redis that answers has refused a command for a reason that passes. Before Redis 7 its words come after
 * those of the script that was refused.
 */
export const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ReplyError' && REFUSALS.test(error.message);

/** Between two attempts on a Redis that refuses; milliseconds. */
const RETRY_MS = 250;

/** The wait before a refused command is sent again. */
export const pauseAfterRefusal = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, RETRY_MS));
