import { type TaskId } from '../../domain/TaskId';

/** The deduplication keys of a test, as BullMQ keeps them: one with a time outlives its task, one without goes with it. */
export interface MemoryKeys {
  /** The task that a key stands for. */
  find(key: string): TaskId | undefined;
  /** @param ttlMs Milliseconds; left out: until the task has ended. */
  keep(key: string, id: TaskId, ttlMs?: number): void;
  forget(key: string): void;
  /** Gives a key up whose task has ended. */
  release(key: string | undefined, id: TaskId): void;
}

interface KeptKey {
  readonly id: TaskId;
  readonly endsAtMs: number | undefined;
}

/** Creates an empty set of keys. */
export const createMemoryKeys = (nowMs: () => number): MemoryKeys => {
  const kept = new Map<string, KeptKey>();
  const get = (key: string): KeptKey | undefined => {
    const found = kept.get(key);
    return found?.endsAtMs !== undefined && found.endsAtMs <= nowMs() ? undefined : found;
  };
  return {
    find: (key) => get(key)?.id,
    keep: (key, id, ttlMs) =>
      void kept.set(key, { id, endsAtMs: ttlMs === undefined ? undefined : nowMs() + ttlMs }),
    forget: (key) => void kept.delete(key),
    release: (key, id) => {
      if (key === undefined) return;
      const found = get(key);
      if (found?.id === id && found.endsAtMs === undefined) kept.delete(key);
    },
  };
};
