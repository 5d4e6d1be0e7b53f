import { type RedisClient } from '@backend/redis/createRedisClient';
import { type CancelCall, createCancelListener } from '../queue/CancelChannel';

/** What runs tasks of one name, as far as cancelling them is concerned. */
export interface CancellableQueue {
  /** Somebody said that a task, which may run here, is cancelled. */
  hearCancel(call: CancelCall): void;
  /** Looks which tasks that run here were cancelled: all, or those that ran at the last such look already. Never rejects. */
  lookForCancels(which: 'all' | 'lasting'): Promise<void>;
  /** Tasks that run here. */
  untoldIds(): readonly string[];
}

/** Hears which tasks are cancelled, for all queues of a worker. */
export interface CancelWatch {
  join(taskName: string, queue: CancellableQueue): void;
  /** Whether it hears of each cancellation at once now. */
  isListening(): boolean;
  stop(): void;
}

interface CancelWatchOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  /** Milliseconds between two looks at tasks that run. */
  readonly intervalMs: number;
  /** Redis does not let us listen. */
  onError(error: Error): void;
}

/**
 * Starts to listen, on a connection of its own. Messages get lost when a connection breaks: after each reconnection, and
 * regularly while tasks run, it looks what Redis has. A task that ends before the second look costs no command.
 */
export const createCancelWatch = ({
  client,
  prefix,
  intervalMs,
  onError,
}: CancelWatchOptions): CancelWatch => {
  const queues = new Map<string, CancellableQueue>();
  const listener = createCancelListener({
    client,
    prefix,
    onCall: (call) => queues.get(call.taskName)?.hearCancel(call),
    onListening: () => {
      for (const queue of queues.values()) void queue.lookForCancels('all');
    },
    onError,
  });
  let isLooking = false;
  // While Redis is away one look waits for it; more would only queue up behind.
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const all = [...queues.values()];
    if (all.some((queue) => queue.untoldIds().length > 0)) listener.probe();
    await Promise.all(all.map((queue) => queue.lookForCancels('lasting')));
    isLooking = false;
  };
  const timer = setInterval(() => void look(), intervalMs);
  timer.unref();
  return {
    join: (taskName, queue) => {
      queues.set(taskName, queue);
    },
    isListening: listener.isListening,
    stop: () => {
      clearInterval(timer);
      listener.stop();
    },
  };
};
