import { writeSync } from 'node:fs';

/** Where finished lines go. */
export interface LogDestination {
  /** Takes one line, its line break included, and has handed it over when it returns. */
  write(line: string): void;
  /** Hands over what is still buffered, if the destination buffers. */
  flush?(): void;
}

/** What a {@link createFileDestination} writes with; tests put their own here. */
export interface FileAccess {
  /** Writes bytes and returns how many were taken. */
  readonly write: (fileDescriptor: number, bytes: Uint8Array) => number;
  /** Blocks the thread; milliseconds. */
  readonly waitMs: (durationMs: number) => void;
}

// Doubles from 1 ms: a reader that is merely busy costs little, one that is stuck costs no CPU.
const maxWaitMs = 16;
const standardOutput = 1;

/**
 * Writes synchronously to an open file, so that no line is lost when the process exits. A full non-blocking pipe
 * (EAGAIN) is waited for. Nothing is thrown: without a reader (EPIPE) all further lines are dropped, after any other
 * failure (a full disk) the one line.
 *
 * Not `pino.destination`: it blocks 100 ms for each EAGAIN and throws on a full disk.
 *
 * @param fileDescriptor Default: 1, standard output.
 */
export const createFileDestination = (
  fileDescriptor: number = standardOutput,
  access: FileAccess = fileAccess,
): LogDestination => {
  let hasReader = true;
  return {
    write(line) {
      if (!hasReader) return;
      try {
        writeFully(fileDescriptor, Buffer.from(line), access);
      } catch (error) {
        hasReader = codeOf(error) !== 'EPIPE';
      }
    },
  };
};

const fileAccess: FileAccess = {
  write: (fileDescriptor, bytes) => writeSync(fileDescriptor, bytes),
  waitMs: (durationMs) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
  },
};

const writeFully = (fileDescriptor: number, bytes: Uint8Array, access: FileAccess): void => {
  let remaining = bytes;
  let waitMs = 1;
  while (remaining.length > 0) {
    const writtenCount = tryWrite(fileDescriptor, remaining, access);
    if (writtenCount > 0) {
      remaining = remaining.subarray(writtenCount);
      waitMs = 1;
    } else {
      access.waitMs(waitMs);
      waitMs = Math.min(waitMs * 2, maxWaitMs);
    }
  }
};

/** How many bytes were taken; 0 when the pipe is full. */
const tryWrite = (fileDescriptor: number, bytes: Uint8Array, access: FileAccess): number => {
  try {
    return access.write(fileDescriptor, bytes);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN' || codeOf(error) === 'EINTR') return 0;
    throw error;
  }
};

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
