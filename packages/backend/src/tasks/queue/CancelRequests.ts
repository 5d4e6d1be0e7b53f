import { type RedisClient } from '@backend/redis/createRedisClient';
import { type CancelRequest } from '../domain/CancelRequest';

/**
 * Answers only those that were asked to stop, the place in the list, when, and why, and those that are lost, by their place alone.
 * One that is cancelled already was put back while it still ran: its worker had lost its lock.
 */
const READ_REQUESTS = `
local found = {}
for index, id in ipairs(ARGV) do
  local request = redis.call('HMGET', KEYS[index + 1], 'cancelRequestedAt', 'cancelReason')
  local at = request[1] or redis.call('ZSCORE', KEYS[1], id)
  if at then
    found[#found + 1] = { index, at, request[2] or '' }
  elseif redis.call('EXISTS', KEYS[index + 1]) == 0 then
    found[#found + 1] = { index }
  end
end
return found`;

type RequestsReply = readonly (readonly [place: number, requestedAtMs?: string, reason?: string])[];

interface CancelRequestsRead {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobIds: readonly string[];
}

/** What Redis knows of jobs. */
export interface CancelRequests {
  /** Those that were asked to stop, by id. */
  readonly requests: ReadonlyMap<string, CancelRequest>;
  /** Those that Redis does not have, or has no more. */
  readonly lostIds: readonly string[];
}

/** Reads which jobs were asked to stop. One command. */
export const readCancelRequests = async ({
  client,
  queueKey,
  jobIds,
}: CancelRequestsRead): Promise<CancelRequests> => {
  if (jobIds.length === 0) return { requests: new Map(), lostIds: [] };
  const keys = ['cancelled', ...jobIds].map((name) => `${queueKey}:${name}`);
  const reply = (await client.eval(READ_REQUESTS, keys.length, ...keys, ...jobIds)) as RequestsReply; // what the script returns
  const requests = new Map<string, CancelRequest>();
  const lostIds: string[] = [];
  for (const [place, requestedAtMs, reason = ''] of reply) {
    const id = jobIds[place - 1] ?? '';
    if (requestedAtMs === undefined) lostIds.push(id);
    else
      requests.set(id, {
        requestedAt: new Date(Number(requestedAtMs)),
        ...(reason === '' ? {} : { reason }),
      });
  }
  return { requests, lostIds };
};
