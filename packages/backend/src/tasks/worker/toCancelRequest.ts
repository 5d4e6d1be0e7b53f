import { type CancelRequest } from '../domain/CancelRequest';
import { type Standing } from '../ledger/Standing';

/** What the ledger knows of a wish that a task stops; nothing when nobody wants that. Pure. */
export const toCancelRequest = (standing: Standing, nowMs: number): CancelRequest | undefined => {
  if (standing.kind === 'open') return standing.cancelRequest;
  if (standing.kind === 'absent' || standing.ending.kind !== 'cancelled') return undefined;
  const { reason } = standing.ending;
  return { requestedAt: new Date(nowMs), ...(reason === undefined ? {} : { reason }) };
};
