import { isCluster } from '@backend/redis/isCluster';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { type TaskSighting } from '../domain/TaskSighting';
import { createEventReader, type EventReader } from './EventReader';
import { type QueueAccess } from './QueueAccess';
import { createQueueWatch, type QueueWatch, type WatchedTask } from './QueueWatch';

/** The connections of the process were closed while somebody watched. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
}

/** Somebody who wants to know what becomes of a task. */
export interface TaskWatcher {
  /** Whether every change matters, or the end alone. */
  readonly isCurious: boolean;
  /** Told at each look at the task; `undefined` when Redis does not hold it. */
  onSighting(sighting: TaskSighting | undefined): void;
  /** A look came to nothing: Redis is away, or the connections of the process were closed. Looks go on after the former. */
  onSilence(error: Error): void;
}

/** A task that is watched. */
export interface Watching {
  /** Looks at the task now; its watcher is told. */
  look(): void;
  stop(): void;
}

/** Watches tasks of any queue, for all of a process that share a connection. */
export interface TaskWatch {
  /** Watches a task until it is stopped. The first look is made at once. */
  watch(task: WatchedTask, watcher: TaskWatcher): Watching;
}

interface TaskWatchOptions {
  readonly access: QueueAccess;
  /** The connection that tasks are looked at on. */
  readonly connection: RedisConnection;
  /** Opens a connection that may block. */
  connect(): RedisConnection;
  /** However many events are missed, no task is looked at more seldom while somebody watches it; milliseconds. Default: 5000. */
  readonly recheckMs?: number;
}

const RECHECK_MS = 5000;

/** How long the connection that hears events stays open when nobody watches any more; milliseconds. */
const LINGER_MS = 1000;

/**
 * Creates the watch of one connection. The events of a queue are only the bell: what a watcher is told is read from the
 * tasks, many at a time, after each bell, and every five seconds, since events can be missed. Costs nothing while
 * nobody watches.
 */
export const createTaskWatch = ({
  access,
  connection,
  connect,
  recheckMs = RECHECK_MS,
}: TaskWatchOptions): TaskWatch => {
  const queues = new Map<string, QueueWatch>();
  let recheck: ReturnType<typeof setInterval> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  const lookAtAll = (): void => {
    for (const queue of queues.values()) queue.lookAtAll();
  };
  const readers = createReaders({
    isCluster: isCluster(connection.client),
    create: () =>
      createEventReader({
        connect,
        unblock: (clientId) => connection.client.call('CLIENT', 'UNBLOCK', clientId),
        onEvents: (streamKey, events) =>
          [...queues.values()].find((queue) => queue.streamKey() === streamKey)?.hear(events) ?? false,
        onGap: lookAtAll,
      }),
  });
  const queueOf = (taskName: string): QueueWatch => {
    const existing = queues.get(taskName);
    if (existing !== undefined) return existing;
    const queue = createQueueWatch({
      taskName,
      access,
      onFirstSight: (streamKey, eventId) => readers.of(streamKey).add(streamKey, eventId),
    });
    queues.set(taskName, queue);
    return queue;
  };
  const begin = (): void => {
    clearTimeout(linger);
    recheck ??= setInterval(lookAtAll, recheckMs);
    recheck.unref();
  };
  const end = (taskName: string, queue: QueueWatch): void => {
    const streamKey = queue.streamKey();
    if (streamKey !== undefined) readers.of(streamKey).remove(streamKey);
    queues.delete(taskName);
    if (queues.size > 0) return;
    clearInterval(recheck);
    recheck = undefined;
    linger = setTimeout(readers.rest, LINGER_MS);
    linger.unref();
  };
  connection.onClose(() => {
    clearTimeout(linger);
    clearInterval(recheck);
    for (const queue of queues.values())
      queue.close(new ClosedError('the connections of this process were closed'));
    queues.clear();
    readers.rest();
  });
  return {
    watch: (task, watcher) => {
      begin();
      const queue = queueOf(task.taskName);
      const { look, stop } = queue.watch(task.id, watcher);
      return {
        look,
        stop: () => {
          stop();
          if (queue.isIdle() && queues.get(task.taskName) === queue) end(task.taskName, queue);
        },
      };
    },
  };
};

interface ReadersOptions {
  /** Streams of several queues cannot be read together then: they lie on different nodes. */
  readonly isCluster: boolean;
  create(): EventReader;
}

/** One reader for all streams, or in a cluster one for each. */
const createReaders = ({ isCluster, create }: ReadersOptions) => {
  const readers = new Map<string, EventReader>();
  return {
    of: (streamKey: string): EventReader => {
      const key = isCluster ? streamKey : '';
      const reader = readers.get(key) ?? create();
      readers.set(key, reader);
      return reader;
    },
    rest: (): void => {
      for (const reader of readers.values()) reader.rest();
      readers.clear();
    },
  };
};
