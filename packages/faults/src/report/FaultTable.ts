import { type Side } from '../contestants/Contestant';
import { hasPassed, type Trial } from '../lanes/Trial';

/** What the trials of one case add up to. */
export interface FaultSummary {
  readonly caseName: string;
  readonly side: Side;
  readonly runCount: number;
  readonly failedCount: number;
  /** Acknowledged tasks in no terminal status, over all runs. */
  readonly lostCount: number;
  /** Runs of handlers beyond the first and those asked for, over all runs. */
  readonly extraRunCount: number;
  /** The longest time a task waited although it could have run; milliseconds. */
  readonly slowestMs: number;
  /** Invariants that did not hold, each once. */
  readonly broken: readonly string[];
}

/** Adds trials up, case by case, in the order in which the cases are given. Pure. */
export const summarize = (
  trials: readonly Trial[],
  caseNames: readonly string[],
  side: Side,
): readonly FaultSummary[] =>
  caseNames.map((caseName) => summarizeCase(caseName, side, trials)).filter(({ runCount }) => runCount > 0);

const summarizeCase = (caseName: string, side: Side, trials: readonly Trial[]): FaultSummary => {
  const own = trials.filter((trial) => trial.caseName === caseName && trial.side === side);
  return {
    caseName,
    side,
    runCount: own.length,
    failedCount: own.filter((trial) => !hasPassed(trial)).length,
    lostCount: own.reduce((sum, { lostCount }) => sum + lostCount, 0),
    extraRunCount: own.reduce((sum, { extraRunCount }) => sum + extraRunCount, 0),
    slowestMs: Math.max(0, ...own.map(({ slowestMs }) => slowestMs)),
    broken: [
      ...new Set(
        own.flatMap(({ violations, broken }) => [
          ...violations.map(({ invariant }) => invariant),
          ...(broken === undefined ? [] : ['(the bench broke)']),
        ]),
      ),
    ].toSorted(),
  };
};

const HEADER = ['fault', 'runs', 'lost', 'extra runs', 'slowest recovery', 'kept'];

/** Renders a Markdown table, one line for each case. Pure. */
export const renderFaultTable = (summaries: readonly FaultSummary[]): string =>
  renderTable(
    HEADER,
    summaries.map((summary) => [summary.caseName, String(summary.runCount), ...toCells(summary)]),
  );

/** Renders two sides in one Markdown table. Pure. */
export const renderComparison = (
  drover: readonly FaultSummary[],
  bullmq: readonly FaultSummary[],
): string => {
  const heads = HEADER.slice(2);
  const header = [
    ...HEADER.slice(0, 2),
    ...heads.map((name) => `Drover: ${name}`),
    ...heads.map((name) => `BullMQ: ${name}`),
  ];
  const rows = drover.map((summary) => {
    const other = bullmq.find(({ caseName }) => caseName === summary.caseName);
    const otherCells = other === undefined ? heads.map(() => '') : toCells(other);
    return [summary.caseName, String(summary.runCount), ...toCells(summary), ...otherCells];
  });
  return renderTable(header, rows);
};

const toCells = ({
  lostCount,
  extraRunCount,
  slowestMs,
  runCount,
  failedCount,
  broken,
}: FaultSummary): string[] => [
  String(lostCount),
  String(extraRunCount),
  `${(slowestMs / 1000).toFixed(1)} s`,
  failedCount === 0 ? 'all' : `not ${broken.join(', ')} (${failedCount} of ${runCount})`,
];

const renderTable = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
