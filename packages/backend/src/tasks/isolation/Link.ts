import { type ErrorCopy, fromErrorCopy, toErrorCopy } from './ErrorCopy';

/** What one end may call at the other; its arguments and its answer are JSON. */
export type Work = (...args: readonly unknown[]) => unknown;

/** The same, seen from the end that calls it. */
export type RemoteWork = (...args: readonly unknown[]) => Promise<unknown>;

/** Asks the other end; it may call `work` while it answers. */
export type Ask = (args: readonly unknown[], work?: Work) => Promise<unknown>;

/** One end of the channel between a worker and the process of an isolated attempt; both ends work alike. */
export interface Link {
  /**
   * Asks the other end to do something. Resolves with its answer, rejects with a copy of what it threw.
   *
   * @param work What the other end may call while it answers.
   */
  ask(member: string, args: readonly unknown[], work?: Work): Promise<unknown>;
  /** The same without an answer. */
  tell(member: string, args: readonly unknown[]): void;
  /** To be given every message of the channel; what is none of a link is left alone. */
  receive(message: unknown): void;
  /** Nobody is at the other end any more: what it was asked, or is asked from now on, rejects with this reason. */
  close(reason: unknown): void;
}

/** What a link is made of. */
export interface LinkOptions {
  /** Hands a message to the channel; it travels as JSON. */
  send(message: object): void;
  /**
   * Does what the other end asks for, and answers something that JSON carries. May throw, or reject.
   *
   * @param work Calls what the other end gave beside its arguments.
   */
  answer(member: string, args: readonly unknown[], work: RemoteWork): unknown;
  /** Something that was told could not be done. */
  onFault(thrown: unknown): void;
}

/** Sets our messages apart from those that a handler sends to its parent. */
const MARK = 'drover';

type Message = { readonly [MARK]: 1 } & (
  | { readonly kind: 'ask'; readonly id: number; readonly member: string; readonly args: readonly unknown[] }
  | { readonly kind: 'tell'; readonly member: string; readonly args: readonly unknown[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value?: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: ErrorCopy }
);

interface Asked extends Pick<PromiseWithResolvers<unknown>, 'resolve' | 'reject'> {
  readonly work: Work;
}

/** The member by which one end calls the work that the other gave. */
const WORK = 'work';

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && MARK in message;

const noWork = (): never => {
  throw new Error('nothing was given to be called');
};

/** Creates one end of a link. An answer to nothing that was asked, such as a second one, is dropped. */
export const createLink = ({ send, answer, onFault }: LinkOptions): Link => {
  const asked = new Map<number, Asked>();
  let lastId = 0;
  let closed: { readonly reason: unknown } | undefined;

  const ask: Link['ask'] = (member, args, work = noWork) => {
    if (closed !== undefined) return Promise.reject(closed.reason);
    lastId += 1;
    const id = lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    asked.set(id, { resolve, reject, work });
    try {
      send({ [MARK]: 1, kind: 'ask', id, member, args });
    } catch (thrown) {
      asked.delete(id);
      reject(thrown);
    }
    return promise;
  };

  const perform = (member: string, args: readonly unknown[], work: RemoteWork): unknown => {
    if (member !== WORK) return answer(member, args, work);
    const [id, ...given] = args;
    return asked.get(Number(id))?.work(...given);
  };

  const serve = async (id: number, member: string, args: readonly unknown[]): Promise<void> => {
    try {
      const value = await perform(member, args, (...given) => ask(WORK, [id, ...given]));
      send({ [MARK]: 1, kind: 'answer', id, value });
    } catch (thrown) {
      send({ [MARK]: 1, kind: 'refusal', id, error: toErrorCopy(thrown) });
    }
  };

  const take = (id: number): Asked | undefined => {
    const found = asked.get(id);
    asked.delete(id);
    return found;
  };

  return {
    ask,
    close: (reason) => {
      closed ??= { reason };
      for (const { reject } of asked.values()) reject(reason);
      asked.clear();
    },
    tell: (member, args) => send({ [MARK]: 1, kind: 'tell', member, args }),
    receive: (message) => {
      if (!isMessage(message)) return;
      switch (message.kind) {
        case 'ask':
          serve(message.id, message.member, message.args).catch(onFault);
          return;
        case 'tell':
          Promise.try(() => perform(message.member, message.args, () => Promise.try(noWork))).catch(onFault);
          return;
        case 'answer':
          take(message.id)?.resolve(message.value);
          return;
        case 'refusal':
          take(message.id)?.reject(fromErrorCopy(message.error));
      }
    },
  };
};
