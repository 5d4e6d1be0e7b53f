import { describe, expect, it } from 'bun:test';
import { formatTestReport, parseTestReport, sumTestReports } from './TestReport';

const closing = (files: number, ...tally: string[]) => [
  '',
  ...tally,
  `Ran 3 tests across ${files} files. [7.00ms]`,
  '',
];

describe('parseTestReport', () => {
  it('reads the tally right above the closing line and no other', () => {
    const printed = [
      ' 99 pass',
      'a.test.ts:',
      '(pass) x',
      ...closing(2, ' 2 pass', ' 1 skip', ' 1 todo', ' 0 fail', ' 4 expect() calls'),
    ];
    expect(parseTestReport(printed.join('\n'), { fileCount: 2, exitCode: 0 })).toEqual({
      passed: 2,
      failed: 0,
      skipped: 2,
      failures: [],
    });
  });

  it('names each failed test once, with its file, although bun repeats them', () => {
    const printed = [
      'a.test.ts:',
      '(fail) D > bad [0.12ms]',
      '',
      '1 tests failed:',
      '(fail) D > bad [0.12ms]',
      ...closing(1, ' 2 pass', ' 1 fail'),
    ];
    expect(parseTestReport(printed.join('\n'), { fileCount: 1, exitCode: 1 })).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
      failures: ['a.test.ts: D > bad'],
    });
  });

  it('names an error outside of the tests', () => {
    const printed = [
      'b.test.ts:',
      '',
      '# Unhandled error between tests',
      'error: x',
      ...closing(1, ' 0 pass', ' 1 fail', ' 1 error'),
    ];
    expect(parseTestReport(printed.join('\n'), { fileCount: 1, exitCode: 1 })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: ['b.test.ts: an error outside of the tests'],
    });
  });

  const accidents: [why: string, printed: string, exitCode: number | null, failure: string][] = [
    [
      'has no closing line',
      'a.test.ts:',
      0,
      'bun test ended with exit code 0 before its closing line: it crashed, hung, or a test ended the process',
    ],
    [
      'is killed',
      '',
      null,
      'bun test ended by a signal before its closing line: it crashed, hung, or a test ended the process',
    ],
    ['loses a file', closing(1, ' 2 pass', ' 0 fail').join('\n'), 0, 'bun test ran 1 of 2 files'],
    [
      'exits with an error',
      closing(2, ' 2 pass', ' 0 fail').join('\n'),
      1,
      'bun test ended with exit code 1 although no test failed',
    ],
  ];

  it.each(accidents)('counts a run that %s as failed', (_why, printed, exitCode, failure) => {
    const report = parseTestReport(printed, { fileCount: 2, exitCode });
    expect(report).toEqual({ passed: report.passed, failed: 1, skipped: 0, failures: [failure] });
  });

  it('reads coloured output', () => {
    const printed = closing(1, '\u001b[0m\u001b[32m 2 pass\u001b[0m', ' 0 fail').join('\n');
    expect(parseTestReport(printed, { fileCount: 1, exitCode: 0 }).passed).toBe(2);
  });
});

describe('sumTestReports', () => {
  it('adds counts and keeps every name', () => {
    const one = { passed: 1, failed: 2, skipped: 0, failures: ['a', 'b'] };
    expect(sumTestReports([one, { passed: 4, failed: 1, skipped: 1, failures: ['c'] }])).toEqual({
      passed: 5,
      failed: 3,
      skipped: 1,
      failures: ['a', 'b', 'c'],
    });
  });
});

describe('formatTestReport', () => {
  it('names skipped tests only when there are any', () => {
    const report = { passed: 2, failed: 0, skipped: 0, failures: [] };
    expect([formatTestReport(report), formatTestReport({ ...report, skipped: 1 })]).toEqual([
      '2 passed, 0 failed',
      '2 passed, 0 failed, 1 skipped',
    ]);
  });
});
