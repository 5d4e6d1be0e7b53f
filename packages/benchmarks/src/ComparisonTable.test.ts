import { describe, expect, it } from 'bun:test';
import { type Comparison } from './Comparison';
import { renderComparisonTable } from './ComparisonTable';

const speed: Comparison = {
  benchmark: 'scheduleMany',
  metric: { name: 'speed', unit: 'tasks/s', better: 'higher', promisedRatio: 0.9 },
  medians: { drover: 12_345.6, bullmq: 13_000 },
  ratio: 0.9496,
  spread: [0.9, 1.004],
  promise: 'kept',
};

const memory: Comparison = {
  benchmark: 'idleCost',
  metric: { name: 'memory', unit: 'MB', better: 'lower' },
  medians: { drover: 70.26, bullmq: 99 },
  ratio: 1.4,
  spread: [1.4, 1.4],
  promise: 'none',
};

describe('renderComparisonTable', () => {
  it('renders a line for each comparison, numbers aligned to the right', () => {
    expect(renderComparisonTable([speed, memory])).toBe(
      [
        'benchmark     measure          Drover  BullMQ  ratio      spread  promise',
        '------------  ---------------  ------  ------  -----  ----------  -----------',
        'scheduleMany  speed (tasks/s)  12,346  13,000   0.95  0.90..1.00  >= 0.9 kept',
        'idleCost      memory (MB)        70.3      99   1.40  1.40..1.40',
      ].join('\n'),
    );
  });

  it('says when a promise is broken', () => {
    expect(renderComparisonTable([{ ...speed, promise: 'broken' }])).toContain('>= 0.9 broken');
  });
});
