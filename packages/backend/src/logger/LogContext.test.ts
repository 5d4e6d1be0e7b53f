import { describe, expect, it } from 'bun:test';
import { currentLogContext, runWithLogContext } from './LogContext';

describe('runWithLogContext', () => {
  it('answers what the function answers', () => {
    expect(runWithLogContext({ a: 1 }, () => 7)).toBe(7);
  });

  it('nests: inner bindings are added and win', () => {
    const seen = runWithLogContext({ a: 1, b: 1 }, () =>
      runWithLogContext({ b: 2, c: 2 }, currentLogContext),
    );

    expect(seen).toEqual({ a: 1, b: 2, c: 2 });
  });

  it('holds after an await and keeps concurrent work apart', async () => {
    const work = (id: number) =>
      runWithLogContext({ id }, async () => {
        await Promise.resolve();
        return currentLogContext();
      });

    expect(await Promise.all([work(1), work(2)])).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('leaves nothing behind', () => {
    runWithLogContext({ a: 1 }, () => undefined);

    expect(currentLogContext()).toEqual({});
  });
});
