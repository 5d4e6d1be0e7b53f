import { currentSignal } from '../request/RequestSignal';

/**
 * How long one request begins further parts of its work; milliseconds. The last part may take a few times `LEDGER_DEADLINE_MS`
 * (2000) more: a server whose ledger is given much longer may close the connection, which is silent meanwhile, before the answer.
 */
const MAX_DURATION_MS = 20_000;

/** How long a request goes on with what is to be done for many tasks. */
export interface RequestLimit {
  /** Why nothing more is begun; `undefined` while it goes on. */
  reached(): string | undefined;
}

interface RequestLimitOptions {
  /** Aborted when nobody waits for the answer any more. Default: that of the request which is answered. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic, in milliseconds. Default: `performance.now`. */
  now?(): number;
}

/** Creates the limit of a request that begins now. */
export const createRequestLimit = ({
  signal = currentSignal(),
  now = () => performance.now(),
}: RequestLimitOptions = {}): RequestLimit => {
  const endsAtMs = now() + MAX_DURATION_MS;
  return {
    reached: () => {
      if (signal?.aborted === true) return 'the request was ended';
      return now() >= endsAtMs
        ? `one request cancels tasks for ${MAX_DURATION_MS / 1000} s at most`
        : undefined;
    },
  };
};
