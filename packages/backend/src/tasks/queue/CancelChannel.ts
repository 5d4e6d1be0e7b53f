import { type RedisClient } from '@backend/redis/createRedisClient';
import { isCluster } from '@backend/redis/isCluster';
import { z } from 'zod';

/** Where workers hear that a task which runs is cancelled: one channel for all queues under a prefix. */
export const toCancelChannel = (prefix: string): string => `${prefix}:cancellations`;

/** What is said on the channel: no more than where to look, since anybody may publish there, and messages get lost. */
const cancelCallSchema = z.object({
  taskName: z.string(),
  taskId: z.string(),
  /** The worker that had taken the task; empty when Redis does not say which, or has lost the task. */
  workerId: z.string(),
});

/** Somebody cancels a task that runs. */
export type CancelCall = Readonly<z.infer<typeof cancelCallSchema>>;

/** Says on the channel that a task is cancelled whose job Redis has lost: whoever runs it all the same looks in the ledger. */
export const tellCancel = async (
  client: RedisClient,
  { prefix, ...call }: Omit<CancelCall, 'workerId'> & { readonly prefix: string },
): Promise<void> => {
  await client.publish(
    toCancelChannel(prefix),
    JSON.stringify({ ...call, workerId: '' } satisfies CancelCall),
  );
};

const parseCall = (text: string): CancelCall | undefined => {
  try {
    return cancelCallSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Not ours: nobody is harmed by a message that says nothing.
    return undefined;
  }
};

/** A subscription to the channel. */
export interface CancelListener {
  /** Whether what is said now is heard. */
  isListening(): boolean;
  /** Asks for a sign of life, without which a connection that died silently would be believed for minutes. */
  probe(): void;
  stop(): void;
}

interface CancelListenerOptions {
  /** The connection that is copied: one that has subscribed can do nothing else. Whoever closes it closes the copy. */
  readonly client: RedisClient;
  readonly prefix: string;
  onCall(call: CancelCall): void;
  /** From now on everything is heard; what was said before may have been missed. */
  onListening(): void;
  /** Redis refuses the subscription. */
  onError(error: Error): void;
}

/** Starts to listen, now and after each reconnection. */
export const createCancelListener = ({
  client,
  prefix,
  onCall,
  onListening,
  onError,
}: CancelListenerOptions): CancelListener => {
  // Told apart, because the two have their own options.
  const copy: RedisClient = isCluster(client) ? client.duplicate() : client.duplicate();
  let isListening = false;
  const listen = async (): Promise<void> => {
    try {
      await copy.subscribe(toCancelChannel(prefix));
      isListening = copy.status === 'ready';
      if (isListening) onListening();
    } catch (error) {
      if (copy.status === 'ready') onError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  // The connection it is a copy of reports the same troubles.
  copy.on('error', () => undefined);
  copy.on('ready', () => void listen());
  copy.on('close', () => {
    isListening = false;
  });
  copy.on('message', (_channel: string, text: string) => {
    const call = parseCall(text);
    if (call !== undefined) onCall(call);
  });
  copy.connect().catch(() => undefined);
  return {
    isListening: () => isListening,
    probe: () => void copy.ping().catch(() => undefined),
    stop: () => copy.disconnect(),
  };
};
