import { type Metric, type Sample, type Side } from './Benchmark';
import { median } from './median';

/** How the two sides did in one metric. */
export interface Comparison {
  readonly benchmark: string;
  readonly metric: Metric;
  /** Medians over the iterations. */
  readonly medians: Readonly<Record<Side, number>>;
  /** Median of the ratios of the iterations. Above 1: Drover is better, whichever direction is better. */
  readonly ratio: number;
  /** The worst and the best ratio of an iteration. */
  readonly spread: readonly [lowest: number, highest: number];
  /** `none` without a promise. */
  readonly promise: 'kept' | 'broken' | 'none';
}

/** What one iteration measured, the two sides right after each other. */
export type Pair = Readonly<Record<Side, Sample>>;

interface ComparisonInput {
  readonly benchmark: string;
  readonly metric: Metric;
  readonly pairs: readonly Pair[];
}

/**
 * Compares the two sides in one metric. The ratio is taken within each iteration first, so that a machine that gets
 * slower or faster during the run changes both sides of it. Pure.
 */
export const toComparison = ({ benchmark, metric, pairs }: ComparisonInput): Comparison => {
  const valuesOf = (side: Side): number[] => pairs.map((pair) => pair[side][metric.name] ?? Number.NaN);
  const ours = valuesOf('drover');
  const raw = valuesOf('bullmq');
  const ratios = ours.map((value, index) => toRatio(metric, value, raw[index] ?? Number.NaN));
  const ratio = median(ratios);
  return {
    benchmark,
    metric,
    medians: { drover: median(ours), bullmq: median(raw) },
    ratio,
    spread: [Math.min(...ratios), Math.max(...ratios)],
    promise: judge(metric, ratio),
  };
};

const toRatio = ({ better }: Metric, ours: number, raw: number): number =>
  better === 'higher' ? ours / raw : raw / ours;

const judge = ({ promisedRatio }: Metric, ratio: number): Comparison['promise'] => {
  if (promisedRatio === undefined) return 'none';
  return ratio >= promisedRatio ? 'kept' : 'broken';
};
