import { type Comparison } from './Comparison';

const HEADER = ['benchmark', 'measure', 'Drover', 'BullMQ', 'ratio', 'spread', 'promise'];

/** Columns of numbers, aligned to the right: Drover, BullMQ, ratio, spread. */
const NUMBER_COLUMNS: ReadonlySet<number> = new Set([2, 3, 4, 5]);

/** Renders comparisons as a table for people, one line for each, without a line break at its end. Pure. */
export const renderComparisonTable = (comparisons: readonly Comparison[]): string => {
  const rows = [HEADER, ...comparisons.map(toCells)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [head = '', ...body] = rows.map((row) => renderRow(row, widths));
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...body].join('\n');
};

const toCells = ({ benchmark, metric, medians, ratio, spread, promise }: Comparison): string[] => [
  benchmark,
  `${metric.name} (${metric.unit})`,
  showNumber(medians.drover),
  showNumber(medians.bullmq),
  ratio.toFixed(2),
  spread.map((bound) => bound.toFixed(2)).join('..'),
  promise === 'none' ? '' : `>= ${metric.promisedRatio} ${promise}`,
];

const showNumber = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });

const renderRow = (row: readonly string[], widths: readonly number[]): string =>
  row
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return NUMBER_COLUMNS.has(column) ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ')
    .trimEnd();
