import { type LedgerEnding } from './Standing';

/**
 * Whether somebody has put a task back since its failure: only one of which the queue had heard can have been. Pure.
 *
 * @param failedAtMs When the queue was told that a task which is not among the failed ones had failed for good; 0 where an older
 *   version kept the failure without its time, nothing where it was not told. Milliseconds since 1970.
 */
export const isPutBack = (
  { endedAtMs }: LedgerEnding & { readonly kind: 'failed' },
  failedAtMs: number | undefined,
): boolean => failedAtMs !== undefined && (failedAtMs === 0 || failedAtMs >= endedAtMs);
