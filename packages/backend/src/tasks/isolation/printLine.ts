import { type OutputStream } from './IsolatedProcess';

/**
 * Prints a line of an isolated process where this process prints.
 *
 * @returns A promise when no more should be printed before it has resolved.
 */
export const printLine = (stream: OutputStream, line: string): Promise<void> | undefined => {
  const target = process[stream];
  if (target.write(`${line}\n`)) return undefined;
  return new Promise((resolve) => target.once('drain', resolve));
};
