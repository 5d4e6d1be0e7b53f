import { CPU_PARTS, type CpuPart } from './CpuParts';

/** Where the CPU time of one benchmark went. */
export interface CpuReport {
  readonly benchmark: string;
  /** Microseconds for each task. */
  readonly parts: Readonly<Record<CpuPart, number>>;
}

/** Renders reports as a table for people, one line for each, without a line break at its end. Pure. */
export const renderCpuPartsTable = (reports: readonly CpuReport[]): string => {
  const width = Math.max(...reports.map(({ benchmark }) => benchmark.length));
  const render = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(10))].join('  ');
  return [
    render('us/task', [...CPU_PARTS, 'all']),
    ...reports.map(({ benchmark, parts }) => {
      const all = CPU_PARTS.reduce((sum, part) => sum + parts[part], 0);
      return render(benchmark, [...CPU_PARTS.map((part) => parts[part].toFixed(1)), all.toFixed(1)]);
    }),
  ].join('\n');
};
