import { open as openFile } from 'node:fs/promises';

/** Brings what is written to a file to its disk, off the event loop. */
export interface FileSync {
  /**
   * Resolves when all that was written before the call is on the disk; calls of the same time share the work. Rejects with what the
   * system says, and from then on always: it forgets what it could not write, and would say of the next call that all is well.
   */
  sync(): Promise<void>;
  /** Waits for what is under way, and lets go of the file. */
  close(): Promise<void>;
}

/** The part of an open file that is used. */
export interface SyncedFile {
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates what syncs a file, which is opened when it is first asked.
 *
 * @param open For tests. Default: opens the file for reading; it has to be there.
 */
export const createFileSync = (
  path: string,
  open: () => Promise<SyncedFile> = () => openFile(path, 'r'),
): FileSync => {
  let file: SyncedFile | undefined;
  let running: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let failure: { readonly reason: unknown } | undefined;
  const syncOnce = async (): Promise<void> => {
    if (failure !== undefined) throw failure.reason;
    try {
      file ??= await open();
      await file.datasync();
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  };
  const begin = (): Promise<void> => {
    const begun = syncOnce().finally(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    return begun;
  };
  /** One that runs may have begun before the last write. */
  const follow = (before: Promise<void>): Promise<void> =>
    before
      .catch(() => undefined)
      .then(() => {
        following = undefined;
        return begin();
      });
  return {
    sync: () => {
      if (running === undefined) return begin();
      following ??= follow(running);
      return following;
    },
    close: async () => {
      await Promise.allSettled([running, following]);
      await file?.close();
      file = undefined;
    },
  };
};
