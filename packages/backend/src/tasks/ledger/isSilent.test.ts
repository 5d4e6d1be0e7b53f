import { describe, expect, it } from 'bun:test';
import { isSilent } from './isSilent';

describe('isSilent', () => {
  const cases: [status: 'pending' | 'running', updatedAtMs: number, expected: boolean][] = [
    ['pending', 1001, true],
    ['running', 1000, true],
    ['running', 1001, false],
  ];

  it.each(cases)(
    'of a task that is %s, and of which was heard at %i, is %p',
    (status, updatedAtMs, expected) => {
      expect(isSilent({ status, updatedAtMs }, 1000)).toBe(expected);
    },
  );
});
