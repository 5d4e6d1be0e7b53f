import { type ChildClaim, type ChildStore, type StoredChild, toChildHash } from '../queue/ChildStore';

/** What a parent has written down of its children, in one attempt. */
export interface ChildBook {
  /** Gives a child the key under which it is known in every attempt. Call it in the order of the handler's calls. */
  keyOf(taskName: string, payload: unknown): string;
  /** Writes children down before they are scheduled; see `ChildStore.claim`. */
  claim(claims: readonly ChildClaim[]): Promise<readonly ChildClaim[]>;
  /** Writes down how a child has ended. What ends at the same time is written at once. */
  close(key: string, child: StoredChild): Promise<void>;
  /** Children whose end is not known. */
  unended(): readonly StoredChild[];
}

/** Characters of values that are kept with a parent; a value beyond is read from the child, as long as Redis keeps that. */
const MAX_KEPT_LENGTH = 1024 * 1024;

/** Creates the book of one attempt, over when the signal is aborted; empty. */
export const createChildBook = (store: ChildStore, signal: AbortSignal): ChildBook => {
  const counts = new Map<string, number>();
  const open = new Map<string, StoredChild>();
  let keptLength = 0;
  let waiting: ChildClaim[] = [];
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    // What comes in while one command is under way goes with the next one.
    await writing?.catch(() => undefined);
    const notes = waiting;
    waiting = [];
    if (notes.length > 0) await store.note(notes, signal);
  };

  const toKept = ({ value, ...child }: StoredChild): StoredChild => {
    if (value === undefined || keptLength + value.length > MAX_KEPT_LENGTH) return child;
    keptLength += value.length;
    return { ...child, value };
  };

  return {
    keyOf: (taskName, payload) => {
      const hash = toChildHash(taskName, payload);
      const index = counts.get(hash) ?? 0;
      counts.set(hash, index + 1);
      return `${hash}:${index}`;
    },
    claim: async (claims) => {
      const found = await store.claim(claims, signal);
      return claims.map(({ key, child: asked }, index) => {
        const child = found[index] ?? asked;
        if (child.end === undefined) open.set(key, child);
        return { key, child };
      });
    },
    close: async (key, child) => {
      open.delete(key);
      waiting.push({ key, child: toKept(child) });
      const written = write();
      writing = written;
      await written;
    },
    unended: () => [...open.values()],
  };
};
