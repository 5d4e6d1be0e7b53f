import { describe, expect, it } from 'bun:test';
import { MAX_PROGRESS_BYTES, toLogLine, toProgressJson } from './TaskReport';

describe('toProgressJson', () => {
  it.each([0, 'half', null, { done: 3, of: 10 }, [1, 2], 'x'.repeat(MAX_PROGRESS_BYTES - 2)])(
    'keeps %p as it is',
    (value) => {
      expect(JSON.parse(toProgressJson(value))).toEqual(value);
    },
  );

  const refused: [what: string, value: unknown, problem: string][] = [
    ['undefined', undefined, 'expected the value to be something JSON carries unchanged, got undefined'],
    ['a function', () => 1, 'expected the value to be something JSON carries unchanged, got a function'],
    ['NaN inside', { done: Number.NaN }, 'expected done to be something JSON carries unchanged, got NaN'],
    ['a Map', new Map(), 'expected the value to be something JSON carries unchanged, got a Map'],
    ['too much', 'x'.repeat(MAX_PROGRESS_BYTES - 1), 'expected at most 16384 bytes of JSON, got 16385'],
  ];

  it.each(refused)('refuses %s, for good', (_what, value, problem) => {
    expect(() => toProgressJson(value)).toThrow(
      expect.objectContaining({
        name: 'TaskError',
        code: 'fatal',
        message: `the progress is refused: ${problem}`,
      }),
    );
  });
});

describe('toLogLine', () => {
  it('cuts a line at 1000 characters', () => {
    expect([toLogLine('short'), toLogLine('x'.repeat(1001)).length]).toEqual(['short', 1000]);
  });

  it('refuses what is no text, for good', () => {
    expect(() => toLogLine({ n: 1 })).toThrow(
      expect.objectContaining({
        code: 'fatal',
        message: 'the log line is refused: expected message to be a text, got {"n":1}',
      }),
    );
  });
});
