import { describe, expect, it } from 'bun:test';
import { toWorkerRetention } from './Retention';

const defaults = {
  removeOnComplete: { age: 86_400, count: 1000 },
  removeOnFail: { age: 1_209_600, count: 10_000 },
};

describe('toWorkerRetention', () => {
  it.each([[undefined], [{}], [{ completed: {}, failed: {} }]])(
    'keeps completed tasks a day or 1,000, failed ones 14 days or 10,000, for %j',
    (retention) => {
      expect(toWorkerRetention(retention)).toEqual(defaults);
    },
  );

  it('takes each field of the definition before its default, ages in whole seconds, rounded up', () => {
    expect(toWorkerRetention({ completed: { count: 0 }, failed: { ageMs: 1001 } })).toEqual({
      removeOnComplete: { age: 86_400, count: 0 },
      removeOnFail: { age: 2, count: 10_000 },
    });
  });
});
