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

/** Notes that are written with one command. */
interface Batch {
  readonly notes: ChildClaim[];
  readonly written: Promise<void>;
}

/** Creates the book of one attempt, over when the signal is aborted; empty. */
export const createChildBook = (store: ChildStore, signal: AbortSignal): ChildBook => {
  const counts = new Map<string, number>();
  const open = new Map<string, StoredChild>();
  /** Lengths of the values that are kept, those of earlier attempts too. */
  const keptLengths = new Map<string, number>();
  let keptLength = 0;
  /** What goes with the next command: while one is under way, ends come in. */
  let next: Batch | undefined;
  let writing: Promise<void> | undefined;

  const begin = (): Batch => {
    const notes: ChildClaim[] = [];
    const write = async (): Promise<void> => {
      await writing?.catch(() => undefined);
      next = undefined;
      await store.note(notes, signal);
    };
    const written = write();
    writing = written;
    return { notes, written };
  };

  const noteKept = (key: string, value: string): void => {
    keptLength += value.length - (keptLengths.get(key) ?? 0);
    keptLengths.set(key, value.length);
  };

  const toKept = (key: string, { value, ...child }: StoredChild): StoredChild => {
    if (value === undefined || keptLength + value.length > MAX_KEPT_LENGTH) return child;
    noteKept(key, value);
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
        if (child.value !== undefined) noteKept(key, child.value);
        return { key, child };
      });
    },
    close: async (key, child) => {
      open.delete(key);
      next ??= begin();
      next.notes.push({ key, child: toKept(key, child) });
      await next.written;
    },
    unended: () => [...open.values()],
  };
};
