import { type ReplyKind } from '../plan/Scenario';
import { sha1Of } from './scriptHashes';

/** The scripts that carry out what BullMQ wants. */
const SCRIPTS = {
  add: ['addStandardJob', 'addPrioritizedJob', 'addDelayedJob'],
  fetch: ['moveToActive'],
  completion: ['moveToFinished'],
} as const satisfies Record<ReplyKind, readonly string[]>;

/** Recognises the commands with which BullMQ does something. */
export const matcherOf = (kind: ReplyKind): ((request: Buffer) => boolean) => {
  const hashes = sha1Of(SCRIPTS[kind]);
  return (request) => hashes.some((hash) => request.includes(hash));
};
