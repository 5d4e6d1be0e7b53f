import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { checkJson } from '../domain/JsonFidelity';
import { TaskError } from '../domain/TaskError';
import { type FailureReason } from '../domain/TaskOutcome';
import {
  failedAtMsOf,
  parseFailureStack,
  toFailureMessage,
  toFailureStack,
  toPlainStack,
} from './StoredFailure';

const storedOf = (metadata: Record<string, unknown>) =>
  parseFailureStack(toFailureStack({ error: new TaskError('x', metadata), attempt: 1 }))?.metadata;

describe('toFailureStack', () => {
  it('begins with the stack, for people', () => {
    const error = new TaskError('SMTP refused');
    error.stack = 'TaskError: SMTP refused\n    at send (mail.ts:7:3)';

    expect(toFailureStack({ error, attempt: 2 })).toBe(
      'TaskError: SMTP refused\n    at send (mail.ts:7:3)\n' +
        '    drover {"message":"SMTP refused","code":"task-failed","attempt":2}',
    );
  });

  it('names the error when its stack is gone', () => {
    const error = Object.assign(new TaskError('x'), { stack: undefined });

    expect(toFailureStack({ error: error as TaskError, attempt: 1 })).toStartWith(
      'TaskError: x\n    drover {',
    );
  });

  it('cuts a stack after 8,000 characters, never our facts', () => {
    const error = new TaskError('x');
    error.stack = 's'.repeat(9000);
    const stack = toFailureStack({ error, attempt: 1 });

    expect(stack).toStartWith(`${'s'.repeat(8000)}\n    drover {`);
    expect(parseFailureStack(stack)).toEqual({ message: 'x', code: 'task-failed', attempt: 1 });
  });

  it('keeps the fields of metadata that JSON carries, and the others as text', () => {
    const metadata = {
      user: 'ada',
      size: 5n,
      error: new Error('refused'),
      map: new Map(),
      deep: { list: [1] },
    };

    expect(storedOf(metadata)).toEqual({
      user: 'ada',
      size: '5',
      error: 'refused',
      map: '[object Map]',
      deep: { list: [1] },
    });
  });

  it('shortens a field of more than 16 KiB to 1,000 characters', () => {
    expect(storedOf({ small: 1, text: 'x'.repeat(20_000), list: Array(20_000).fill(0) })).toEqual({
      small: 1,
      text: 'x'.repeat(1000),
      list: '[object Array]',
    });
  });

  it('keeps a field of exactly 16 KiB as it is', () => {
    const text = 'x'.repeat(16 * 1024 - '{"t":""}'.length);

    expect(storedOf({ t: text })).toEqual({ t: text });
    expect(storedOf({ t: `${text}x` })).toBe(undefined);
  });

  it('leaves out a field that is undefined', () => {
    expect(JSON.stringify(storedOf({ a: undefined, b: 1 }))).toBe('{"b":1}');
  });

  it('drops metadata of more than 16 KiB in many fields', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [index, 'x'.repeat(1000)]));

    expect(storedOf(many)).toBe(undefined);
  });
});

describe('parseFailureStack', () => {
  const failures = fc.record(
    {
      message: fc.string({ minLength: 1, unit: 'binary' }),
      attempt: fc.integer({ min: 1, max: 1000 }),
      reason: fc.constantFrom<FailureReason>('exhausted', 'fatal', 'invalid-payload', 'crash-loop'),
      metadata: fc
        .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 })
        .filter((metadata) => checkJson(metadata, 16 * 1024).isOk()),
    },
    { requiredKeys: ['message', 'attempt'] },
  );

  it('gives back what toFailureStack stored, also when text looks like our mark', () => {
    fc.assert(
      fc.property(failures, ({ message, metadata, ...facts }) => {
        const text = `\n    drover ${message}`;
        const error = TaskError.fatal(text, metadata);
        const stored = parseFailureStack(toFailureStack({ error, ...facts }));
        const expected = {
          message: text,
          code: 'fatal',
          ...facts,
          ...(metadata === undefined ? {} : { metadata }),
        };
        expect(JSON.stringify(stored, sortedKeys)).toBe(JSON.stringify(expected, sortedKeys));
      }),
    );
  });

  it.each([
    ['a foreign stack', 'Error: x\n    at y (z.ts:1:1)'],
    ['nothing', ''],
    ['a stack cut inside our facts', 'Error: x\n    drover {"message":"x","co'],
    ['a stack cut before our facts', 'Error: x\n    drover '],
  ])('reads nothing out of %s', (_what, stack) => {
    expect(parseFailureStack(stack)).toBe(undefined);
  });
});

describe('toPlainStack', () => {
  it.each([
    ['Error: x\n    at y (z.ts:1:1)', 'Error: x\n    at y (z.ts:1:1)'],
    ['Error: x\n    at y (z.ts:1:1)\n    drover {"message":"x"}', 'Error: x\n    at y (z.ts:1:1)'],
    ['', ''],
  ])('of %j is %j', (stack, plain) => {
    expect(toPlainStack(stack)).toBe(plain);
  });
});

describe('toFailureMessage', () => {
  it.each([
    ['the message', new TaskError('boom'), 'boom'],
    ['the class when there is none', new RangeError(''), 'RangeError'],
    ['4,000 characters at most', new Error('x'.repeat(5000)), 'x'.repeat(4000)],
  ])('is %s', (_what, error, message) => {
    expect(toFailureMessage(error)).toBe(message);
  });
});

/** Makes JSON texts comparable that differ in the order of keys; a fact is the same in any order. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('failedAtMsOf', () => {
  const error = new TaskError('x');

  it('tells when a task failed for good, and keeps that out of its error', () => {
    const stack = toFailureStack({ error, attempt: 2, reason: 'exhausted', failedAtMs: 7 });

    expect(failedAtMsOf(stack)).toBe(7);
    expect(parseFailureStack(stack)).toEqual({
      ...{ message: 'x', code: 'task-failed' },
      ...{ attempt: 2, reason: 'exhausted' },
    });
  });

  it.each([
    ['an attempt that was not the last', toFailureStack({ error, attempt: 1 }), undefined],
    ['a failure without its time', toFailureStack({ error, attempt: 1, reason: 'fatal' }), 0],
    ['what another program wrote', 'Error: x', undefined],
  ])('answers of %s what is known', (_what, stack, failedAtMs) => {
    expect(failedAtMsOf(stack)).toBe(failedAtMs as number);
  });
});
