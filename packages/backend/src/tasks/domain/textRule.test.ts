import { describe, expect, it } from 'bun:test';
import { textProblem } from './textRule';

describe('textProblem', () => {
  it.each(['x', 'x'.repeat(9), '😀', '\uFFFD'])('accepts %p', (value) => {
    expect(textProblem('key', value, 9)).toBe(undefined);
  });

  it.each([
    ['', 'expected key to be a text of 1 to 9 characters, got ""'],
    ['x'.repeat(10), 'expected key to be a text of 1 to 9 characters, got 10 characters'],
    [7, 'expected key to be a text of 1 to 9 characters, got 7'],
    [undefined, 'expected key to be a text of 1 to 9 characters, got undefined'],
    ['no 😀'.slice(0, 4), 'expected key to have whole characters only, got half of one in "no \\ud83d"'],
    ['\uDE00!', 'expected key to have whole characters only, got half of one in "\\ude00!"'],
  ])('refuses %p', (value, problem) => {
    expect(textProblem('key', value, 9)).toBe(problem);
  });
});
