import { type RecoveryReport, type TaskNameRecovery } from '@backend/tasks/ledger/recovery/RecoveryReport';
import Table from 'cli-table3';

interface RecoveryMode {
  /** Whether nothing was changed. */
  readonly dryRun: boolean;
}

/** The report for programs: one JSON object and a line break. */
export const toRecoveryJson = (report: RecoveryReport, { dryRun }: RecoveryMode): string =>
  `${JSON.stringify({ dryRun, ...report })}\n`;

/** The report in words and numbers. */
export const toRecoveryText = (report: RecoveryReport, mode: RecoveryMode): string => {
  const lines = [
    `${toCount(report.checkedCount, 'unfinished task')} compared with the queues`,
    ...(report.taskNames.length === 0 ? [] : [toTable(report.taskNames, mode)]),
    ...report.taskNames.flatMap(toReasons),
    toConclusion(report, mode),
  ];
  return `${lines.join('\n')}\n`;
};

const toCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** In the order of the columns. */
const COUNTED = ['checkedCount', 'inPlaceCount', 'publishedCount', 'endedCount', 'leftCount'] as const;

const toTable = (taskNames: readonly TaskNameRecovery[], { dryRun }: RecoveryMode): string => {
  const head = dryRun
    ? ['task', 'checked', 'in place', 'would be published', 'would be ended', 'would be left']
    : ['task', 'checked', 'in place', 'published', 'ended', 'left'];
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(
    ...taskNames.map(({ taskName, ...counts }) => [
      taskName,
      ...COUNTED.map((count) => String(counts[count])),
    ]),
  );
  return table.toString();
};

const toReasons = ({ taskName, left }: TaskNameRecovery): readonly string[] =>
  left.map(({ reason, count }) => `left: ${toCount(count, 'task')} of ${taskName}: ${reason}`);

const toConclusion = (
  { publishedCount, endedCount, leftCount }: RecoveryReport,
  { dryRun }: RecoveryMode,
): string => {
  const would = dryRun ? 'would be ' : '';
  const done = [
    ...(publishedCount === 0 ? [] : [`${toCount(publishedCount, 'task')} ${would}put on the queues again`]),
    ...(endedCount === 0 ? [] : [`the end of ${toCount(endedCount, 'task')} ${would}written down`]),
  ];
  const rest = leftCount === 0 ? 'everything' : `everything but ${toCount(leftCount, 'task')}`;
  if (dryRun)
    return done.length === 0 && leftCount === 0
      ? 'everything is in place'
      : `${[...done, `${rest} would be in place then`].join('; ')}`;
  return [...done, `${rest} is in place`].join('; ');
};
