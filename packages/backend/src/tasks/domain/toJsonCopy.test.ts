import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { toJsonCopy } from './toJsonCopy';

describe('toJsonCopy', () => {
  it('copies what JSON carries, and drops what is undefined', () => {
    const value = { list: [1, { at: new Date(0) }], none: undefined };

    expect(toJsonCopy(value, 1000)).toEqual(ok({ list: [1, { at: '1970-01-01T00:00:00.000Z' }] }));
    expect(toJsonCopy(undefined, 0)).toEqual(ok(undefined));
  });

  it('says what JSON does not carry', () => {
    expect(toJsonCopy({ n: Number.NaN }, 1000)).toEqual(
      err('expected n to be something JSON carries unchanged, got NaN'),
    );
    expect(toJsonCopy('x'.repeat(9), 10)).toEqual(err('expected at most 10 bytes of JSON, got 11'));
  });

  it('survives a value that is another one each time it is read', () => {
    let reads = 0;
    const fickle = {
      toJSON: () => {
        reads += 1;
        return reads > 2 ? 1n : 1;
      },
    };

    expect(toJsonCopy([fickle, fickle], 1000)._unsafeUnwrapErr()).toStartWith('it cannot be copied');
  });
});
