import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import {
  type Deduplication,
  type DeduplicationOptions,
  type DeduplicationOverrides,
  decideDeduplication,
  deduplicationOptionProblems,
  deduplicationOverrideProblems,
} from './Deduplication';

const key = ({ id }: { readonly id?: unknown }): string => `order-${id}`;
const debounce = { windowMs: 500, key };

describe('deduplicationOptionProblems', () => {
  it.each([
    {},
    { idempotencyKey: key, idempotencyWindowMs: 1 },
    { uniqueTag: key },
    { debounce },
    { debounce: { ...debounce, maxWaitMs: 500 } },
  ])('accepts case %#', (options) => {
    expect(deduplicationOptionProblems(options)).toEqual([]);
  });

  const wrong: [options: Record<string, unknown>, ...problems: string[]][] = [
    [{ idempotencyKey: 'k' }, 'expected idempotencyKey to be a function of the payload, got "k"'],
    [
      { idempotencyKey: key, idempotencyWindowMs: 0 },
      'expected idempotencyWindowMs to be an integer from 1 to 315360000000, got 0',
    ],
    [{ uniqueTag: 7 }, 'expected uniqueTag to be a function of the payload, got 7'],
    [{ idempotencyWindowMs: 5 }, 'expected idempotencyWindowMs beside idempotencyKey alone'],
    [{ debounce: 500 }, 'expected debounce to be an object, got 500'],
    [{ debounce: { windowMs: 5 } }, 'expected debounce.key to be a function of the payload, got undefined'],
    [
      { debounce: { windowMs: -1, key, wait: 1 } },
      'unknown option debounce.wait.',
      'expected debounce.windowMs to be an integer from 1 to 315360000000, got -1',
    ],
    [
      { debounce: { ...debounce, maxWaitMs: 499 } },
      'expected debounce.maxWaitMs to be an integer from 500 to 315360000000, got 499',
    ],
    [
      { idempotencyKey: key, debounce },
      'expected at most one of idempotencyKey, uniqueTag, debounce, got idempotencyKey and debounce',
    ],
  ];

  it.each(wrong)('refuses %p', (options, ...problems) => {
    expect(deduplicationOptionProblems(options)).toEqual(problems);
  });
});

describe('deduplicationOverrideProblems', () => {
  it.each([
    {},
    { idempotencyKey: 'x' },
    { idempotencyKey: 'x'.repeat(512), idempotencyWindowMs: 1 },
    { uniqueTag: '1' },
  ])('accepts case %#', (options) => {
    expect(deduplicationOverrideProblems(options)).toEqual([]);
  });

  const wrong: [options: Record<string, unknown>, problem: string][] = [
    [{ idempotencyKey: '' }, 'expected idempotencyKey to be a text of 1 to 512 characters, got ""'],
    [
      { idempotencyKey: 'x'.repeat(10_240) },
      'expected idempotencyKey to be a text of 1 to 512 characters, got 10240 characters',
    ],
    [
      { idempotencyKey: 'invoice 😀'.slice(0, 9) },
      'expected idempotencyKey to have whole characters only, got half of one in "invoice \\ud83d"',
    ],
    [{ uniqueTag: 7 }, 'expected uniqueTag to be a text of 1 to 512 characters, got 7'],
    [
      { idempotencyKey: 'a', uniqueTag: 'b' },
      'expected at most one of idempotencyKey, uniqueTag, got idempotencyKey and uniqueTag',
    ],
    [
      { idempotencyWindowMs: 1.5 },
      'expected idempotencyWindowMs to be an integer from 1 to 315360000000, got 1.5',
    ],
  ];

  it.each(wrong)('refuses %p', (options, problem) => {
    expect(deduplicationOverrideProblems(options)).toEqual([problem]);
  });
});

describe('decideDeduplication', () => {
  const dayMs = 86_400_000;
  const cases: [
    what: string,
    definition: DeduplicationOptions,
    call: DeduplicationOverrides,
    decided: Deduplication | undefined,
  ][] = [
    ['nothing', {}, {}, undefined],
    [
      'a key of the definition',
      { idempotencyKey: key },
      {},
      { kind: 'idempotency', key: 'order-7', windowMs: dayMs },
    ],
    [
      'its window',
      { idempotencyKey: key, idempotencyWindowMs: 5 },
      {},
      { kind: 'idempotency', key: 'order-7', windowMs: 5 },
    ],
    [
      'the window of the call',
      { idempotencyKey: key, idempotencyWindowMs: 5 },
      { idempotencyWindowMs: 6 },
      { kind: 'idempotency', key: 'order-7', windowMs: 6 },
    ],
    [
      'the key of the call',
      { idempotencyKey: key },
      { idempotencyKey: 'mine' },
      { kind: 'idempotency', key: 'mine', windowMs: dayMs },
    ],
    ['the tag of the call', { debounce }, { uniqueTag: 'mine' }, { kind: 'unique', key: 'mine' }],
    ['a tag of the definition', { uniqueTag: key }, {}, { kind: 'unique', key: 'order-7' }],
    [
      'a debounce',
      { debounce },
      {},
      { kind: 'debounce', key: 'order-7', windowMs: 500, maxWaitMs: undefined },
    ],
  ];

  it.each(cases)('decides by %s', (_what, definition, call, decided) => {
    expect(decideDeduplication(definition, call, { id: 7 })).toEqual(ok(decided));
  });

  it.each([{}, { uniqueTag: 'x' }])('refuses a window of the call beside no key: %p', (call) => {
    expect(decideDeduplication({}, { ...call, idempotencyWindowMs: 5 }, {})).toEqual(
      err('expected idempotencyWindowMs beside an idempotencyKey of the call or the definition'),
    );
  });

  it.each([
    [() => '', 'expected what idempotencyKey returns to be a text of 1 to 512 characters, got ""'],
    [() => 7, 'expected what idempotencyKey returns to be a text of 1 to 512 characters, got 7'],
    [
      () => {
        throw new Error('no id');
      },
      'idempotencyKey threw: no id',
    ],
  ])('says what is wrong with the answer of case %#', (idempotencyKey, problem) => {
    expect(decideDeduplication({ idempotencyKey: idempotencyKey as () => string }, {}, {})).toEqual(
      err(problem),
    );
  });
});
