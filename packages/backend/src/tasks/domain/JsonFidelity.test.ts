import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { checkJson, MAX_JSON_DEPTH } from './JsonFidelity';

const MAX_BYTES = 1000;

const nested = (levels: number, wrap: (inner: unknown) => unknown = (inner) => [inner]): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
};

const cyclic = (): unknown => {
  const node: { list: unknown[] } = { list: [] };
  node.list.push({ node });
  return node;
};

const refuse = (): never => {
  throw new Error('no entry');
};

const hostile = (): unknown => {
  throw new Proxy({}, { getPrototypeOf: refuse, get: refuse });
};

const unchanged = (path: string, got: string) => ({
  path,
  message: `expected ${path === '' ? 'the value' : path} to be something JSON carries unchanged, got ${got}`,
});

describe('checkJson', () => {
  const exact: unknown[] = [
    null,
    undefined,
    true,
    '',
    'text',
    0,
    -1.5,
    Number.MAX_VALUE,
    [],
    {},
    { a: [1, 'b', null, { c: false }] },
    { left: undefined },
    Object.create(null),
    { constructor: 1, toString: 'x' },
  ];

  it.each(exact.map((value) => [value]))('accepts case %# as it is', (value) => {
    expect(checkJson(value, MAX_BYTES)._unsafeUnwrap().isExact).toBe(true);
  });

  it.each([
    [new Date(0)],
    [{ at: new Date(0) }],
    [new URL('https://example.com')],
    [{ toJSON: () => ({ changed: true }) }],
  ])('accepts case %# as something JSON changes', (value) => {
    expect(checkJson(value, MAX_BYTES)._unsafeUnwrap().isExact).toBe(false);
  });

  class Point {
    readonly x = 1;
  }

  it('accepts an instance of a class, whose fields arrive', () => {
    expect(checkJson(new Point(), MAX_BYTES).isOk()).toBe(true);
  });

  it('accepts one object in two places, which is no cycle', () => {
    const shared = { a: 1 };

    expect(checkJson({ one: shared, two: [shared, shared] }, MAX_BYTES).isOk()).toBe(true);
  });

  it.each([
    ['', 'NaN', Number.NaN],
    ['price', 'Infinity', { price: Number.POSITIVE_INFINITY }],
    ['price', '-Infinity', { price: Number.NEGATIVE_INFINITY }],
    ['', 'a bigint', 1n],
    ['items[1].size', 'a bigint', { items: [0, { size: 1n }] }],
    ['', 'a function', refuse],
    ['done', 'a function', { done: refuse }],
    ['', 'a symbol', Symbol('s')],
    ['list[1]', 'undefined in an array', { list: [1, undefined] }],
    ['[1]', 'undefined in an array', Object.assign(new Array(3), { 0: 0, 2: 2 })],
    ['[0]', 'undefined in an array', new Array(4_000_000_000)],
    ['__proto__', 'an own key named __proto__', JSON.parse('{"__proto__":{"isAdmin":true}}')],
    ['list[0].node', 'a cycle', cyclic()],
    ['', 'an invalid date', new Date(Number.NaN)],
    ['', 'a toJSON that answers undefined', { toJSON: () => undefined }],
    ['a', 'a bigint', { a: { toJSON: () => 1n } }],
    ['', 'a Map', new Map()],
    ['', 'a Set', new Set()],
    ['', 'a WeakMap', new WeakMap()],
    ['', 'a WeakSet', new WeakSet()],
    ['', 'a RegExp', /x/],
    ['', 'a Promise', Promise.resolve()],
    ['', 'a Error', new TypeError('x')],
    ['', 'a ArrayBuffer', new ArrayBuffer(1)],
    ['', 'a SharedArrayBuffer', new SharedArrayBuffer(1)],
    ['', 'a Uint8Array', new Uint8Array(1)],
    ['', 'a DataView', new DataView(new ArrayBuffer(1))],
    ['', 'a Buffer', Buffer.from('x')],
    ['', 'a BigInt', Object(1n)],
    ['', 'a Symbol', Object(Symbol('s'))],
    ['', 'a Number', Object(1)],
    ['', 'a String', Object('x')],
    ['', 'a Boolean', Object(false)],
  ])('refuses at %j %s', (path, got, value) => {
    expect(checkJson(value, MAX_BYTES)._unsafeUnwrapErr()).toEqual(unchanged(path, got));
  });

  it.each([
    [
      'a getter',
      'no entry',
      {
        get secret() {
          return refuse();
        },
      },
    ],
    ['a toJSON', 'no entry', { toJSON: refuse }],
    ['a Proxy’s keys', 'no entry', new Proxy({}, { ownKeys: refuse })],
    ['a Proxy’s prototype', 'no entry', new Proxy({}, { getPrototypeOf: refuse })],
    [
      'a revoked Proxy',
      undefined,
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    ],
    ['a toJSON that throws a hostile value', '[unreadable object]', { toJSON: hostile }],
  ])('answers, and does not throw, when %s throws', (_what, reason, value) => {
    const { path, message } = checkJson(value, MAX_BYTES)._unsafeUnwrapErr();

    expect(path).toBe('');
    expect(message).toContain(`got a value that cannot be read (${reason ?? ''}`);
  });

  it('accepts as many levels as it says, and refuses one more', () => {
    expect(checkJson(nested(MAX_JSON_DEPTH), MAX_BYTES).isOk()).toBe(true);
    expect(checkJson(nested(MAX_JSON_DEPTH + 1), MAX_BYTES)._unsafeUnwrapErr().message).toEndWith(
      'got more than 100 levels of nesting',
    );
  });

  it.each([
    ['arrays', (inner: unknown) => [inner]],
    ['objects', (inner: unknown) => ({ inner })],
    ['toJSON', (inner: unknown) => ({ toJSON: () => inner })],
  ])('refuses 10,000 levels of %s without running out of stack', (_what, wrap) => {
    expect(checkJson(nested(10_000, wrap), MAX_BYTES)._unsafeUnwrapErr().message).toEndWith(
      'got more than 100 levels of nesting',
    );
  });

  it('stops at the size when sharing makes a small value endless', () => {
    const doubled = nested(90, (inner) => [inner, inner]);

    expect(checkJson(doubled, 10_000)._unsafeUnwrapErr().message).toBe(
      'expected at most 10000 bytes of JSON, got more',
    );
  });

  it.each([
    ['ASCII', 'x', 1],
    ['two-byte', 'é', 2],
    ['three-byte', '€', 3],
    ['four-byte', '😀', 4],
    ['escaped', '\n', 2],
    ['control', '\u0001', 6],
    ['lone surrogate', '\ud800', 6],
  ])('counts %s characters as JSON in UTF-8', (_kind, character, bytes) => {
    const value = { text: character.repeat(10) };
    const size = '{"text":""}'.length + 10 * bytes;

    expect(checkJson(value, size).isOk()).toBe(true);
    expect(checkJson(value, size - 1)._unsafeUnwrapErr()).toEqual({
      path: '',
      message: `expected at most ${size - 1} bytes of JSON, got ${size}`,
    });
  });

  it.each([
    [null],
    [true],
    [5],
    [[5]],
    [12.5],
    ['x'],
    [[1, [2], 'z']],
    [{ a: { b: [null, false] }, c: 'd' }],
    [new Date(0)],
  ])('accepts case %# at its exact size and refuses it at a byte less', (value) => {
    const bytes = Buffer.byteLength(JSON.stringify(value));

    expect(checkJson(value, bytes).isOk()).toBe(true);
    expect(checkJson(value, bytes - 1).isErr()).toBe(true);
  });

  const plainValue = fc.anything({
    withBigInt: true,
    withDate: false,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withNullPrototype: true,
    withObjectString: true,
    withTypedArray: true,
    withBoxedValues: true,
    maxDepth: 4,
  });

  it('says exact only of what JSON gives back equal, and within the size it says', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        const checked = checkJson(value, 1_000_000);
        if (checked.isErr() || !checked.value.isExact) return;
        const json = JSON.stringify(value);
        expect(checked.value.maxBytes).toBeGreaterThanOrEqual(Buffer.byteLength(json ?? ''));
        if (json === undefined) expect(value).toBe(undefined);
        else expect(asJsonMeansIt(JSON.parse(json))).toEqual(asJsonMeansIt(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('accepts whatever JSON can say', () => {
    const texts = fc.json().filter((text) => !text.includes('"__proto__"'));

    fc.assert(
      fc.property(texts, (text) => checkJson(JSON.parse(text), 1_000_000).isOk()),
      { numRuns: 1000 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withBigInt: true }),
        fc.nat(),
        (value, maxBytes) => {
          checkJson(value, maxBytes);
        },
      ),
    );
  });
});

/** JSON writes -0 as 0; nothing of ours tells them apart. */
const asJsonMeansIt = (value: unknown): unknown => {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(asJsonMeansIt);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, asJsonMeansIt(field)]));
};
