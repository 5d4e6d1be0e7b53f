import { describe, expect, it } from 'bun:test';
import { createFileDestination } from './LogDestination';

const createError = (code: string): Error => Object.assign(new Error(code), { code });

/** A file whose writes take at most 3 bytes, after the given failures. */
const setup = (failures: readonly string[]) => {
  const pending = [...failures];
  const waitsMs: number[] = [];
  let text = '';
  const destination = createFileDestination(1, {
    write: (_fileDescriptor, bytes) => {
      const failure = pending.shift();
      if (failure !== undefined) throw createError(failure);
      const taken = bytes.subarray(0, 3);
      text += new TextDecoder().decode(taken);
      return taken.length;
    },
    waitMs: (durationMs) => waitsMs.push(durationMs),
  });
  return { destination, waitsMs, readText: () => text };
};

describe('createFileDestination', () => {
  it('writes a line to its end, however little is taken at once', () => {
    const { destination, readText } = setup([]);
    destination.write('0123456789\n');

    expect(readText()).toBe('0123456789\n');
  });

  it('waits for a full pipe, longer each time up to 16 ms', () => {
    const { destination, readText, waitsMs } = setup(Array(6).fill('EAGAIN'));
    destination.write('ab\n');

    expect(readText()).toBe('ab\n');
    expect(waitsMs).toEqual([1, 2, 4, 8, 16, 16]);
  });

  it('drops all further lines when the reader is gone', () => {
    const { destination, readText } = setup(['EPIPE']);
    destination.write('a\n');
    destination.write('b\n');

    expect(readText()).toBe('');
  });

  it('drops only the line that does not fit on a full disk', () => {
    const { destination, readText } = setup(['ENOSPC']);
    destination.write('a\n');
    destination.write('b\n');

    expect(readText()).toBe('b\n');
  });
});
