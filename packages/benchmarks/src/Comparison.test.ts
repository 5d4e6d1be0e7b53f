import { describe, expect, it } from 'bun:test';
import { type Metric } from './Benchmark';
import { type Pair, toComparison } from './Comparison';

const speed: Metric = { name: 'speed', unit: 'tasks/s', better: 'higher' };

const pairsOf = (...values: [drover: number, bullmq: number][]): Pair[] =>
  values.map(([drover, bullmq]) => ({ drover: { speed: drover }, bullmq: { speed: bullmq } }));

describe('toComparison', () => {
  it('takes medians of the values and of the ratios of the iterations', () => {
    const pairs = pairsOf([90, 100], [50, 100], [220, 200]);

    const comparison = toComparison({ benchmark: 'schedule', metric: speed, pairs });

    expect(comparison).toEqual({
      benchmark: 'schedule',
      metric: speed,
      medians: { drover: 90, bullmq: 100 },
      ratio: 0.9,
      spread: [0.5, 1.1],
      promise: 'none',
    });
  });

  it('gives a ratio above 1 when less is better and Drover needs less', () => {
    const metric: Metric = { ...speed, better: 'lower' };

    expect(toComparison({ benchmark: 'idle', metric, pairs: pairsOf([50, 100]) }).ratio).toBe(2);
  });

  it('is not moved by a machine that slows down between two iterations', () => {
    const pairs = pairsOf([100, 100], [10, 10], [1, 1]);

    expect(toComparison({ benchmark: 'schedule', metric: speed, pairs }).spread).toEqual([1, 1]);
  });

  const promises: [drover: number, promise: 'kept' | 'broken'][] = [
    [90, 'kept'],
    [89, 'broken'],
  ];

  it.each(promises)('says of %d to 100 that a promise of 0.9 is %s', (drover, promise) => {
    const metric: Metric = { ...speed, promisedRatio: 0.9 };

    expect(toComparison({ benchmark: 'schedule', metric, pairs: pairsOf([drover, 100]) }).promise).toBe(
      promise,
    );
  });
});
