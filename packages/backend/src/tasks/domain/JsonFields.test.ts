import { describe, expect, it } from 'bun:test';
import { toJsonFields } from './JsonFields';

describe('toJsonFields', () => {
  it('copies what JSON carries, and keeps the rest as text', () => {
    const list = [1];
    const fields = toJsonFields(
      { list, map: new Map(), big: 1n, error: new Error('bad'), gone: undefined },
      100,
    );
    list.push(2);
    expect(fields).toEqual({ list: [1], map: '[object Map]', big: '1', error: 'bad', gone: undefined });
  });

  it('keeps what is too large as text', () => {
    expect(toJsonFields({ small: 'x'.repeat(98), large: { text: 'x'.repeat(98) } }, 100)).toEqual({
      ...{ small: 'x'.repeat(98), large: '[object Object]' },
    });
  });

  it('says of a field that it cannot be read, and of an object that it has none', () => {
    const hostile = {
      get field() {
        throw new Error('not yours');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect([toJsonFields(hostile, 100), toJsonFields(proxy, 100)]).toEqual([
      { field: 'unreadable: not yours' },
      {},
    ]);
  });
});
