import { fileURLToPath } from 'node:url';
import { type Side } from '../Benchmark';

const FILES: Readonly<Record<Side, string>> = {
  drover: fileURLToPath(new URL('droverWorker.ts', import.meta.url)),
  bullmq: fileURLToPath(new URL('bullmqWorker.ts', import.meta.url)),
};

/** What a worker process tells its parent. */
export type ChildMessage =
  | { readonly kind: 'started' }
  | { readonly kind: 'task-ran' }
  | { readonly kind: 'memory'; readonly bytes: number };

/** What a worker process needs to know; given as the only argument, as JSON. */
export interface ChildSettings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly taskCount: number;
}

/** A worker in a process of its own. */
export interface ChildWorker extends AsyncDisposable {
  /** Resolves when the worker says so; rejects when its process ends before. */
  next<Kind extends ChildMessage['kind']>(kind: Kind): Promise<Extract<ChildMessage, { kind: Kind }>>;
  /** Resident memory after a garbage collection, in bytes. */
  readMemory(): Promise<number>;
}

/** Starts a worker process. */
export const startChildWorker = (side: Side, settings: ChildSettings): ChildWorker => {
  const mailbox = createMailbox();
  const child = Bun.spawn([process.execPath, FILES[side], JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message: ChildMessage) => mailbox.put(message),
    onExit: (_child, exitCode) =>
      mailbox.close(new Error(`the ${side} worker ended with exit code ${exitCode}`)),
  });
  return {
    next: mailbox.next,
    readMemory: async () => {
      child.send('memory');
      return (await mailbox.next('memory')).bytes;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
};

const createMailbox = () => {
  const letters = new Map<ChildMessage['kind'], PromiseWithResolvers<ChildMessage>>();
  let closed: Error | undefined;
  const letter = (kind: ChildMessage['kind']): PromiseWithResolvers<ChildMessage> => {
    const known = letters.get(kind) ?? Promise.withResolvers<ChildMessage>();
    letters.set(kind, known);
    if (closed !== undefined) known.reject(closed);
    return known;
  };
  return {
    put: (message: ChildMessage): void => letter(message.kind).resolve(message),
    close: (reason: Error): void => {
      closed = reason;
      for (const { promise, reject } of letters.values()) {
        promise.catch(() => undefined); // whoever waits hears of it; nobody else needs to
        reject(reason);
      }
    },
    next: async <Kind extends ChildMessage['kind']>(kind: Kind) =>
      (await letter(kind).promise) as Extract<ChildMessage, { kind: Kind }>, // letters are filed by their kind
  };
};
