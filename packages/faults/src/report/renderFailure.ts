import { type History, type ProcessHistory } from '../check/History';
import { type Violation } from '../check/Violation';

const SHOWN_VIOLATIONS = 8;
const SHOWN_TASKS = 2;
const SHOWN_LOG_LINES = 15;
const SHOWN_LINE_LENGTH = 400;

interface Failure {
  readonly history: History;
  readonly violations: readonly Violation[];
  /** Redis keys of tasks. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** Tells what went wrong in a run: scenario, violations, the tasks' keys and evidence, and what the workers said last. */
export const renderFailure = ({ history, violations, descriptions }: Failure): string =>
  [
    `scenario: ${JSON.stringify(history.scenario)}`,
    ...violations.slice(0, SHOWN_VIOLATIONS).map(({ invariant, message }) => `  ${invariant}: ${message}`),
    ...(violations.length > SHOWN_VIOLATIONS
      ? [`  ... and ${violations.length - SHOWN_VIOLATIONS} more`]
      : []),
    `faults: ${JSON.stringify(history.faults.map((fault) => ({ ...fault, ...sinceStart(history, fault) })))}`,
    ...shownTasks(violations).flatMap((taskId) => describeTask(taskId, history, descriptions)),
    ...history.processes.flatMap((process) => describeProcess(process, history)),
  ].join('\n');

const startOf = ({ calls }: History): number => Math.min(...calls.map(({ calledAtMs }) => calledAtMs));

const sinceStart = (
  history: History,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
) => ({
  fromMs: Math.round(fromMs - startOf(history)),
  toMs: Math.round(toMs - startOf(history)),
});

const shownTasks = (violations: readonly Violation[]): readonly string[] =>
  [...new Set(violations.flatMap(({ taskId }) => taskId ?? []))].slice(0, SHOWN_TASKS);

const describeTask = (
  taskId: string,
  history: History,
  descriptions: ReadonlyMap<string, string>,
): readonly string[] => {
  const lines = [
    ...history.evidence
      .filter((line) => line.taskId === taskId)
      .map(({ event, atMs, pid, attempt, run }) => ({
        atMs,
        text: `${event} in ${pid}, attempt ${attempt}, run ${run.slice(0, 8)}`,
      })),
    ...history.processes.flatMap(({ name, lines: printed }) =>
      printed
        .filter((line) => line.taskId === taskId)
        .map(({ atMs = 0, text }) => ({ atMs, text: `${name}: ${text.slice(0, SHOWN_LINE_LENGTH)}` })),
    ),
  ].toSorted((one, other) => one.atMs - other.atMs);
  const start = startOf(history);
  return [
    `task ${taskId}: ${descriptions.get(taskId) ?? 'its keys were not read'}`,
    ...lines.map(({ atMs, text }) => `  ${Math.round(atMs - start)} ms: ${text}`),
  ];
};

const describeProcess = (
  { name, pid, readyAtMs, endedAtMs, exitCode, lines }: ProcessHistory,
  history: History,
): readonly string[] => {
  const start = startOf(history);
  const since = (atMs: number | undefined) =>
    atMs === undefined ? 'never' : `${Math.round(atMs - start)} ms`;
  return [
    `${name} (process ${pid}): ready ${since(readyAtMs)}, ended ${since(endedAtMs)} with ${exitCode}`,
    ...lines
      .filter(({ message }) => message !== 'Task completed')
      .slice(-SHOWN_LOG_LINES)
      .map(
        ({ atMs, level, text }) =>
          `  ${level === 'stderr' ? level : since(atMs)}: ${text.slice(0, SHOWN_LINE_LENGTH)}`,
      ),
  ];
};
