import { type RedisClient } from '@backend/redis/createRedisClient';
import { isCluster } from '@backend/redis/isCluster';
import { type Cluster } from 'ioredis';
import { toTaskName } from './QueueName';

/** One worker's connection to one queue, as Redis lists it. */
export interface ConnectedWorker {
  /** Redis's number of the connection. */
  readonly connectionId: string;
  /** The id the worker was created with; empty for a worker of another program that has none. */
  readonly workerId: string;
  /** Host and port it connects from. */
  readonly address: string;
  /** Seconds since it connected. */
  readonly ageSeconds: number;
}

/** The connected workers by task name; a task without any is not in it. */
export type WorkerPresence = ReadonlyMap<string, readonly ConnectedWorker[]>;

/**
 * Reads who waits for tasks out of the answer to `CLIENT LIST`. BullMQ names the connection a worker waits on
 * `<prefix>:<base64 of the queue's name>:w:<worker id>`, or without the last part when the worker has no name.
 */
export const parseClientList = (list: string, prefix: string): WorkerPresence => {
  const presence = new Map<string, ConnectedWorker[]>();
  for (const line of list.split('\n')) {
    const fields = parseFields(line);
    const name = parseConnectionName(fields.get('name') ?? '', prefix);
    if (name === undefined) continue;
    const worker = {
      connectionId: fields.get('id') ?? '',
      workerId: name.workerId,
      address: fields.get('addr') ?? '',
      ageSeconds: Number(fields.get('age') ?? 0),
    };
    presence.set(name.taskName, [...(presence.get(name.taskName) ?? []), worker]);
  }
  return presence;
};

const parseFields = (line: string): ReadonlyMap<string, string> =>
  new Map(
    line
      .trim()
      .split(' ')
      .map((field): [string, string] => {
        const end = field.indexOf('=');
        return [field.slice(0, end), field.slice(end + 1)];
      }),
  );

const CONNECTION_NAME = /^([A-Za-z0-9+/]+={0,2})(?::w:(.*))?$/;

const parseConnectionName = (
  name: string,
  prefix: string,
): { readonly taskName: string; readonly workerId: string } | undefined => {
  if (!name.startsWith(`${prefix}:`)) return undefined;
  const match = CONNECTION_NAME.exec(name.slice(prefix.length + 1));
  if (match === null) return undefined;
  const [, encoded = '', workerId = ''] = match;
  return { taskName: toTaskName(Buffer.from(encoded, 'base64').toString('utf8')), workerId };
};

/**
 * Asks Redis which workers wait for tasks: one `CLIENT LIST` for all queues, on a cluster one for each node. Rejects when
 * Redis does not answer, or does not allow the command, as some managed ones do not.
 */
export const readWorkerPresence = async (client: RedisClient, prefix: string): Promise<WorkerPresence> => {
  if (!isCluster(client)) return parseClientList(await listClients(client), prefix);
  // A worker's connections are spread over the nodes: each node knows only its own.
  const lists = await Promise.all(client.nodes('all').map(listClients));
  return parseClientList(lists.join('\n'), prefix);
};

const listClients = async (node: Exclude<RedisClient, Cluster>): Promise<string> =>
  String(await node.client('LIST'));
