import { describe, expect, it } from 'bun:test';
import { createOutputLines } from './OutputLines';

const linesOf = (...pieces: readonly string[]): readonly string[] => {
  const taken: string[] = [];
  const lines = createOutputLines((line) => taken.push(line));
  for (const piece of pieces) lines.take(piece);
  lines.end();
  return taken;
};

describe('createOutputLines', () => {
  const cases: [pieces: readonly string[], lines: readonly string[]][] = [
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', 'b', '\nc'],
      ['ab', 'c'],
    ],
    [['\n\n'], ['', '']],
    [[], []],
    [
      ['x'.repeat(64 * 1024), 'y'],
      ['x'.repeat(64 * 1024), 'y'],
    ],
  ];

  it.each(cases)('makes lines of pieces (%#)', (pieces, lines) => {
    expect(linesOf(...pieces)).toEqual(lines);
  });
});
