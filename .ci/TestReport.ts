/** What became of a run of `bun test`, or of several added up. */
export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of what failed, in order: "packages/core/src/x.test.ts: describe > it". */
  readonly failures: readonly string[];
}

/** How the run ended, beside what it printed. */
export interface TestRunEnd {
  /** Files that it was told to run. */
  readonly fileCount: number;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
}

const COLOR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const CLOSING_LINE = /^Ran \d+ tests? across (\d+) files?\./;
const TALLY_LINE = /^ *(\d+) (pass|fail|skip|todo|error|expect|snapshot|filtered)/;
const FILE_LINE = /^(\S.*\.test\.ts):$/;
const FAIL_LINE = /^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/;
const STRAY_ERROR_LINE = /^# Unhandled error between tests/;
const REPEATED_FAILURES_LINE = /^\d+ tests? failed:$/;

/** Reads what `bun test` printed. Whatever did not go to its regular end counts as one more failure, and says so. */
export const parseTestReport = (printed: string, { fileCount, exitCode }: TestRunEnd): TestReport => {
  const lines = printed.replace(COLOR, '').split('\n');
  const end = lines.findLastIndex((line) => CLOSING_LINE.test(line));
  const tally = readTally(lines.slice(0, Math.max(end, 0)));
  const failures = [...new Set(readFailures(lines))];
  const ranFileCount = Number(CLOSING_LINE.exec(lines[end] ?? '')?.[1] ?? 0);
  const accident = describeAccident({
    hasEnd: end >= 0,
    ranFileCount,
    fileCount,
    exitCode,
    failed: tally.failed,
  });
  if (accident === undefined) return { ...tally, failures };
  return { ...tally, failed: tally.failed + 1, failures: [...failures, accident] };
};

/** Adds reports up. */
export const sumTestReports = (reports: readonly TestReport[]): TestReport => ({
  passed: reports.reduce((sum, { passed }) => sum + passed, 0),
  failed: reports.reduce((sum, { failed }) => sum + failed, 0),
  skipped: reports.reduce((sum, { skipped }) => sum + skipped, 0),
  failures: reports.flatMap(({ failures }) => failures),
});

/** The line a run ends with: "12 passed, 0 failed", with ", 1 skipped" when there are any. */
export const formatTestReport = ({ passed, failed, skipped }: TestReport): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** The tally stands right above the closing line: a test that prints "3 pass" higher up is not counted. */
const readTally = (linesBeforeEnd: readonly string[]): Omit<TestReport, 'failures'> => {
  const start = linesBeforeEnd.findLastIndex((line) => !TALLY_LINE.test(line)) + 1;
  const counts = new Map<string, number>();
  for (const line of linesBeforeEnd.slice(start)) {
    const [, count = '0', kind = ''] = TALLY_LINE.exec(line) ?? [];
    counts.set(kind, Number(count));
  }
  const get = (kind: string): number => counts.get(kind) ?? 0;
  return { passed: get('pass'), failed: get('fail'), skipped: get('skip') + get('todo') };
};

const readFailures = (lines: readonly string[]): readonly string[] => {
  const failures: string[] = [];
  let file = '';
  for (const line of lines) {
    if (REPEATED_FAILURES_LINE.test(line)) break;
    file = FILE_LINE.exec(line)?.[1] ?? file;
    const name = STRAY_ERROR_LINE.test(line) ? 'an error outside of the tests' : FAIL_LINE.exec(line)?.[1];
    if (name !== undefined) failures.push(`${file}: ${name}`);
  }
  return failures;
};

const describeAccident = ({
  hasEnd,
  ranFileCount,
  fileCount,
  exitCode,
  failed,
}: TestRunEnd & {
  readonly hasEnd: boolean;
  readonly ranFileCount: number;
  readonly failed: number;
}): string | undefined => {
  const code = exitCode === null ? 'by a signal' : `with exit code ${exitCode}`;
  if (!hasEnd)
    return `bun test ended ${code} before its closing line: it crashed, hung, or a test ended the process`;
  if (ranFileCount !== fileCount) return `bun test ran ${ranFileCount} of ${fileCount} files`;
  if (exitCode !== 0 && failed === 0) return `bun test ended ${code} although no test failed`;
  return undefined;
};
