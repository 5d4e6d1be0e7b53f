import { beforeProcessEnds } from '@backend/deadline/beforeProcessEnds';
import { type TaskId } from '../../domain/TaskId';

/** Tasks of which it is to be written that they are on their queues. */
export interface PublicationNotes {
  add(id: TaskId): void;
  /** Writes what is noted at once; resolves when that is done. */
  settled(): Promise<void>;
}

interface PublicationNotesOptions {
  /** Never rejects. */
  write(ids: readonly TaskId[]): Promise<unknown>;
  /** How long a note waits for others; milliseconds. */
  readonly delayMs: number;
}

/**
 * Creates notes that are written together, and at the end of a process that has nothing else to do. They hold no process: what is
 * lost with one, the relay finds.
 */
export const createPublicationNotes = ({ write, delayMs }: PublicationNotesOptions): PublicationNotes => {
  let noted: TaskId[] = [];
  let timer: NodeJS.Timeout | undefined;
  let cancelEnd: (() => void) | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    cancelEnd?.();
    cancelEnd = undefined;
    if (noted.length === 0) return;
    const ids = noted;
    noted = [];
    // Without a value: each would hold the one before it.
    writing = Promise.all([writing, write(ids)]).then(() => undefined);
  };
  return {
    add: (id) => {
      noted.push(id);
      if (timer !== undefined) return;
      timer = setTimeout(flush, delayMs);
      timer.unref();
      cancelEnd = beforeProcessEnds(flush);
    },
    settled: async () => {
      flush();
      await writing;
    },
  };
};
