import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { toErrorFields, toLogFields } from './LogFields';
import { toRedactPaths } from './RedactPaths';

const noPaths = toRedactPaths([]);
const copy = (meta: unknown) => toLogFields(meta, noPaths);

const createRevokedProxy = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe('toLogFields', () => {
  it('copies plain data as it is', () => {
    const meta = { a: 'x', b: 1, c: true, d: null, e: [1, { f: 2 }] };

    expect(copy(meta)).toEqual(meta);
  });

  it('redacts sensitive keys at any depth and leaves ids readable', () => {
    const headers = new Map([['Authorization', 'Bearer x']]);

    expect(
      copy({ a: [{ b: { password: 'x', secretId: 's', tokenCount: 3 } }], headers, taskId: 't' }),
    ).toEqual({
      a: [{ b: { password: '[redacted]', secretId: 's', tokenCount: 3 } }],
      headers: { Authorization: '[redacted]' },
      taskId: 't',
    });
  });

  it('never reads a sensitive value', () => {
    const meta = {
      get token(): string {
        throw new Error('read');
      },
    };

    expect(copy(meta)).toEqual({ token: '[redacted]' });
  });

  it.each<[string, unknown, unknown]>([
    ['a BigInt', 12n, '12'],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid Date', new Date(Number.NaN), 'Invalid Date'],
    ['a Set', new Set([1]), [1]],
    ['a Map', new Map([[1, undefined]]), { 1: null }],
    ['bytes', new Uint8Array(3), '[Uint8Array of 3 bytes]'],
    ['a URL', new URL('http://h/p'), 'http://h/p'],
    ['NaN', Number.NaN, 'NaN'],
    ['a function', () => 1, '[function]'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a hole', [undefined, 1], [null, 1]],
    ['a revoked Proxy', createRevokedProxy(), expect.stringContaining('[unreadable: ')],
  ])('makes %s plain', (_kind, value, expected) => {
    expect(copy({ value })).toEqual({ value: expected });
  });

  it('cuts cycles and keeps what is merely shared', () => {
    const shared = { n: 1 };
    const cyclic: Record<string, unknown> = { one: shared, two: shared };
    cyclic['self'] = cyclic;

    expect(copy(cyclic)).toEqual({ one: { n: 1 }, two: { n: 1 }, self: '[cyclic]' });
  });

  it('goes eight levels deep', () => {
    const meta = { 1: { 2: { 3: { 4: { 5: { 6: { 7: { 8: { 9: 1 } } } } } } } } };

    expect(JSON.stringify(copy(meta))).toBe('{"1":{"2":{"3":{"4":{"5":{"6":{"7":{"8":"[too deep]"}}}}}}}}');
  });

  it('stays bounded on data that is wide at every level', () => {
    const wide = Array(7)
      .fill(0)
      .reduce<unknown>((inner) => Array(20).fill(inner), 'leaf');

    expect(JSON.stringify(copy({ wide })).length).toBeLessThan(200_000);
    expect(copy({ list: Array(20_000).fill(1) })['list']).toHaveLength(10_000);
  });

  it('replaces only the key whose getter throws', () => {
    const meta = {
      a: 1,
      get b(): number {
        throw new Error('hostile');
      },
    };

    expect(copy(meta)).toEqual({ a: 1, b: '[unreadable: hostile]' });
  });

  it('moves fields out of the way of those of the line', () => {
    expect(copy({ level: 1, time: 2, msg: 3, message: 4 })).toEqual({
      level_: 1,
      time_: 2,
      msg_: 3,
      message: 4,
    });
  });

  it('leaves prototypes alone', () => {
    const fields = copy(JSON.parse('{"__proto__":{"polluted":true}}'));

    expect(fields['polluted']).toBe(undefined);
    expect(fields['__proto__ (own)']).toEqual({ polluted: true });
  });

  it.each<[kind: string, meta: unknown, expected: unknown]>([
    ['undefined', undefined, {}],
    ['null', null, {}],
    ['a string', 'text', { meta: 'text' }],
    ['an array', [1], { meta: [1] }],
  ])('makes fields of %s', (_kind, meta, expected) => {
    expect<unknown>(copy(meta)).toEqual(expected);
  });

  it('makes serialisable fields of anything', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withSparseArray: true }),
        (meta) => {
          return typeof JSON.stringify(copy(meta)) === 'string';
        },
      ),
    );
  });
});

describe('toErrorFields', () => {
  it('keeps name, message, code, stack and the chain of causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new TypeError('no mail', { cause });

    expect(toErrorFields(error, noPaths)).toEqual({
      name: 'TypeError',
      message: 'no mail',
      stack: error.stack,
      cause: { name: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: cause.stack },
    });
  });

  it('redacts the metadata of an error', () => {
    const error = Object.assign(new Error('x'), { metadata: { payload: { card: 1, token: 2 } } });

    expect(toErrorFields(error, toRedactPaths(['card']))['metadata']).toEqual({
      payload: { card: '[redacted]', token: '[redacted]' },
    });
  });

  it('cuts a chain of causes that bites its tail', () => {
    const error: Error & { cause?: unknown } = new Error('x');
    error.cause = error;

    expect(toErrorFields(error, noPaths)['cause']).toBe('[cyclic]');
  });

  it.each<[kind: string, error: unknown, expected: unknown]>([
    ['a string', 'text', { name: 'NonError', message: 'text' }],
    ['null', null, { name: 'NonError', message: 'null' }],
    [
      'an object',
      { a: 1, token: 2 },
      { name: 'NonError', message: '[object Object]', value: { a: 1, token: '[redacted]' } },
    ],
    ['a revoked Proxy', createRevokedProxy(), { name: 'NonError', message: '[unreadable object]' }],
    [
      'a frozen error',
      Object.freeze(new RangeError('cold')),
      expect.objectContaining({ name: 'RangeError', message: 'cold' }),
    ],
  ])('gives %s the shape of an error', (_kind, error, expected) => {
    expect<unknown>(toErrorFields(error, noPaths)).toEqual(expected);
  });
});
