import { isCluster } from '@backend/redis/isCluster';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { type QueueEvent, type StreamReply, toQueueEvent } from './QueueEvent';

/** Reads the events of some queues on one blocking connection, as long as there is a queue to read. */
export interface EventReader {
  /** Reads a stream from after an entry on. Without effect on one that is read already. */
  add(streamKey: string, afterId: string): void;
  remove(streamKey: string): void;
  /** Closes the connection; adding a stream opens one again. */
  rest(): void;
}

interface EventReaderOptions {
  /** Opens a connection of the reader's own. */
  connect(): RedisConnection;
  /** Wakes a connection that blocks, over another one; may reject. */
  unblock(clientId: string): Promise<unknown>;
  /** Told all events of a stream that one command read. Answers whether one of them was waited for. */
  onEvents(streamKey: string, events: readonly QueueEvent[]): boolean;
  /** The connection is lost, or there again: events may have been missed. */
  onGap(): void;
}

/** How long Redis holds a read back that has nothing to tell; milliseconds. Below the silence that ends a connection. */
const BLOCK_MS = 2000;

/** Events that one read answers of a stream at most. */
const READ_COUNT = 1000;

/**
 * After so many reads in a row that told nothing of interest the queue is a busy one. Each further such read is followed
 * by a rest, in milliseconds, so that the queue's events come many at a time.
 */
const BUSY_COUNT = 4;
const REST_MS = 5;

/** How long one look for a connection takes, and how long a broken one is left alone; milliseconds. */
const CONNECT_MS = 1000;
const BROKEN_MS = 100;

/** How long a Redis that forbids the read, or refuses it, is left alone: what is watched is looked at as often; milliseconds. */
const REFUSED_MS = BLOCK_MS;

/** How often, and for how long, a read that has just begun is woken; milliseconds. */
const WAKE_MS = 10;
const WAKE_LIMIT_MS = 500;

/** Does not hold the process: whoever waits for a task does. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** Creates a reader. It costs nothing before the first stream. */
export const createEventReader = (options: EventReaderOptions): EventReader => {
  const streams = new Map<string, string>();
  let session: ReadSession | undefined;
  const ensureSession = (): ReadSession => {
    session ??= startSession(streams, options);
    return session;
  };
  return {
    add: (streamKey, afterId) => {
      if (streams.has(streamKey)) return;
      streams.set(streamKey, afterId);
      ensureSession().changed();
    },
    remove: (streamKey) => {
      streams.delete(streamKey);
      // A read that goes on for nobody would hold the process.
      if (streams.size === 0) session?.changed();
    },
    rest: () => {
      session?.close();
      session = undefined;
    },
  };
};

/** One connection and the loop that reads on it. */
interface ReadSession {
  /** There is another stream to read, or none any more. */
  changed(): void;
  close(): void;
}

const startSession = (streams: Map<string, string>, options: EventReaderOptions): ReadSession => {
  const connection = options.connect();
  const state: LoopState = { connection, isClosed: false, clientId: undefined, wake: undefined, blocked: [] };
  void readOn(streams, state, options);
  return {
    changed: () => {
      state.wake?.();
      void interrupt(streams, state, options);
    },
    close: () => {
      state.isClosed = true;
      state.wake?.();
      connection.close();
    },
  };
};

interface LoopState {
  readonly connection: RedisConnection;
  isClosed: boolean;
  /** Redis's id of the connection; unknown until it is there, empty where a read cannot be woken. */
  clientId: string | undefined;
  /** Ends the wait for a first stream. */
  wake: (() => void) | undefined;
  /** The streams of the read that goes on now. */
  blocked: readonly string[];
}

const readOn = async (
  streams: Map<string, string>,
  state: LoopState,
  options: EventReaderOptions,
): Promise<void> => {
  let wasLost = false;
  let idleCount = 0;
  while (!state.isClosed) {
    if (streams.size === 0) {
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
      continue;
    }
    try {
      const ready = await state.connection.ready(CONNECT_MS);
      if (ready.isErr()) throw ready.error;
      state.clientId ??= await readClientId(state.connection);
      if (wasLost) options.onGap();
      wasLost = false;
      idleCount = (await readOnce(streams, state, options)) ? 0 : idleCount + 1;
      if (idleCount >= BUSY_COUNT) await pause(REST_MS);
    } catch (error) {
      // Gone for now: the same entries are asked for again when it is back.
      if (state.isClosed) return;
      state.clientId = undefined;
      if (!wasLost) options.onGap();
      wasLost = true;
      await pause(isRefused(error) ? REFUSED_MS : BROKEN_MS);
    }
  }
};

const isRefused = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

/**
 * Empty where an access list forbids the command, and in a cluster, where any node may answer it: the id would be another
 * client's on the node that is asked to wake it. A connection that is lost is noticed by the read that follows.
 */
const readClientId = async ({ client }: RedisConnection): Promise<string> =>
  isCluster(client) ? '' : client.call('CLIENT', 'ID').then(String, () => '');

/** Answers whether anything was told that somebody waits for. */
const readOnce = async (
  streams: Map<string, string>,
  state: LoopState,
  { onEvents }: EventReaderOptions,
): Promise<boolean> => {
  const keys = [...streams.keys()];
  state.blocked = keys;
  const { client } = state.connection;
  const reading = client.xread(
    'COUNT',
    READ_COUNT,
    'BLOCK',
    BLOCK_MS,
    'STREAMS',
    ...keys,
    ...streams.values(),
  );
  const reply = await reading.finally(() => {
    state.blocked = [];
  });
  let isWanted = reply === null;
  for (const [key, entries] of (reply ?? []) as readonly StreamReply[]) {
    const newest = entries.at(-1)?.[0];
    if (newest === undefined || !streams.has(key)) continue;
    streams.set(key, newest);
    const events = entries.map(([, fields]) => toQueueEvent(fields)).filter((event) => event !== undefined);
    isWanted = onEvents(key, events) || isWanted;
  }
  return isWanted;
};

/** Wakes a read that knows nothing of a new stream, or reads for nobody. One that is not on its way yet takes the stream along. */
const interrupt = async (
  streams: ReadonlyMap<string, string>,
  state: LoopState,
  { unblock }: EventReaderOptions,
): Promise<void> => {
  const isBehind = (): boolean =>
    state.blocked.length > 0 &&
    (streams.size === 0 || [...streams.keys()].some((key) => !state.blocked.includes(key)));
  const endsAtMs = performance.now() + WAKE_LIMIT_MS;
  // Sent on two connections, the read may arrive after the call that is to wake it.
  while (isBehind() && state.clientId && performance.now() < endsAtMs) {
    // Refused by an access list: the new stream is read when this read ends by itself, from where it is to begin.
    await unblock(state.clientId).catch(() => undefined);
    await pause(WAKE_MS);
  }
};
