import { describe, expect, it } from 'bun:test';
import { renderCpuPartsTable } from './CpuPartsTable';

describe('renderCpuPartsTable', () => {
  it('renders a line for each benchmark, and adds its parts up', () => {
    const parts = { queue: 60, statements: 30.25, ledger: 12, JSON: 8, rest: 40 };

    expect(renderCpuPartsTable([{ benchmark: 'processConcurrency50-sqlite', parts }])).toBe(
      [
        'us/task                           queue  statements      ledger        JSON        rest         all',
        'processConcurrency50-sqlite        60.0        30.3        12.0         8.0        40.0       150.3',
      ].join('\n'),
    );
  });
});
