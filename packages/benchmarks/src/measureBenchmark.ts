import { type Benchmark, type Lab, type Sample, type Side } from './Benchmark';
import { type Pair } from './Comparison';

const ORDERS: readonly (readonly [Side, Side])[] = [
  ['drover', 'bullmq'],
  ['bullmq', 'drover'],
];

/**
 * Measures a benchmark, the two sides in turn, each first in every other iteration. With more than one iteration a
 * further one goes before and is discarded: it pays for compilation and first connections.
 */
export const measureBenchmark = async (
  benchmark: Benchmark,
  lab: Lab,
  iterationCount: number,
): Promise<Pair[]> => {
  const pairs: Pair[] = [];
  const warmUpCount = iterationCount > 1 ? 1 : 0;
  for (let index = 0; index < iterationCount + warmUpCount; index += 1) {
    pairs.push(await measurePair(benchmark, lab, index));
  }
  return pairs.slice(warmUpCount);
};

const measurePair = async (benchmark: Benchmark, lab: Lab, index: number): Promise<Pair> => {
  const [first, second] = ORDERS[index % 2] ?? ['drover', 'bullmq'];
  const samples = new Map<Side, Sample>();
  for (const side of [first, second]) {
    await lab.observer.flushall();
    // The garbage of the side before is not this side's cost.
    Bun.gc(true);
    samples.set(side, await benchmark.measure(side, lab));
  }
  return { drover: samples.get('drover') ?? {}, bullmq: samples.get('bullmq') ?? {} };
};
