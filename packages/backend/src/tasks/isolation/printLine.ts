import { type Writable } from 'node:stream';
import { type OutputStream } from './IsolatedProcess';

/**
 * Prints a line of an isolated process where this process prints.
 *
 * @param targets Default: those of this process.
 * @returns A promise when no more should be printed before it has resolved; it does so too when nobody reads the target any more.
 */
export const printLine = (
  stream: OutputStream,
  line: string,
  targets: Readonly<Record<OutputStream, Writable>> = process,
): Promise<void> | undefined => {
  // A listener for `drain` would be one for each line, and none is called once the target is closed.
  const { promise, resolve } = Promise.withResolvers<void>();
  return targets[stream].write(`${line}\n`, () => resolve()) ? undefined : promise;
};
