import { describe, expect, it } from 'bun:test';
import { type Trial } from '../lanes/Trial';
import { type FaultSummary, renderComparison, renderFaultTable, summarize } from './FaultTable';

const trialOf = (overrides: Partial<Trial>): Trial => ({
  side: 'drover',
  caseName: 'redis-killed',
  seed: 1,
  shrinks: false,
  broken: undefined,
  violations: [],
  lostCount: 0,
  extraRunCount: 0,
  slowestMs: 0,
  durationMs: 1000,
  report: '',
  ...overrides,
});

const summaryOf = (overrides: Partial<FaultSummary>): FaultSummary => ({
  caseName: 'redis-killed',
  side: 'drover',
  runCount: 20,
  failedCount: 0,
  lostCount: 0,
  extraRunCount: 3,
  slowestMs: 1234,
  broken: [],
  ...overrides,
});

describe('summarize', () => {
  it('adds the trials of a case up', () => {
    const trials = [
      trialOf({ lostCount: 1, extraRunCount: 2, slowestMs: 300 }),
      trialOf({ lostCount: 2, extraRunCount: 3, slowestMs: 900 }),
      trialOf({ slowestMs: 500 }),
    ];

    expect(summarize(trials, ['redis-killed'], 'drover')).toEqual([
      {
        caseName: 'redis-killed',
        side: 'drover',
        runCount: 3,
        failedCount: 0,
        lostCount: 3,
        extraRunCount: 5,
        slowestMs: 900,
        broken: [],
      },
    ]);
  });

  it('counts trials with violations, and names each broken invariant once, in order', () => {
    const trials = [
      trialOf({
        violations: [
          { invariant: 'runs', message: 'a' },
          { invariant: 'runs', message: 'b' },
        ],
      }),
      trialOf({
        violations: [{ invariant: 'late', message: 'c' }],
      }),
      trialOf({}),
    ];

    const [summary] = summarize(trials, ['redis-killed'], 'drover');

    expect(summary).toEqual(
      summaryOf({ runCount: 3, failedCount: 2, extraRunCount: 0, slowestMs: 0, broken: ['late', 'runs'] }),
    );
  });

  it('lists cases in the order given, and none that was not run', () => {
    const trials = [
      trialOf({ caseName: 'one' }),
      trialOf({ caseName: 'two' }),
      trialOf({ caseName: 'three' }),
    ];

    const summaries = summarize(trials, ['three', 'four', 'one'], 'drover');

    expect(summaries.map(({ caseName }) => caseName)).toEqual(['three', 'one']);
  });

  it('leaves the trials of the other side out', () => {
    const trials = [trialOf({ lostCount: 1 }), trialOf({ side: 'bullmq', lostCount: 10 })];

    const lost = (['drover', 'bullmq'] as const).map((side) =>
      summarize(trials, ['redis-killed'], side).map(({ side: of, lostCount }) => [of, lostCount]),
    );

    expect(lost).toEqual([[['drover', 1]], [['bullmq', 10]]]);
  });
});

describe('renderFaultTable', () => {
  it('renders a line for each case', () => {
    const broken = summaryOf({
      caseName: 'bad-network',
      failedCount: 2,
      lostCount: 1,
      slowestMs: 0,
      broken: ['late', 'one-end'],
    });

    expect(renderFaultTable([summaryOf({}), broken])).toBe(
      [
        '| fault | runs | lost | extra runs | slowest recovery | kept |',
        '| --- | --- | --- | --- | --- | --- |',
        '| redis-killed | 20 | 0 | 3 | 1.2 s | all |',
        '| bad-network | 20 | 1 | 3 | 0.0 s | not late, one-end (2 of 20) |',
      ].join('\n'),
    );
  });

  it('renders the header when nothing was run', () => {
    expect(renderFaultTable([])).toBe(
      [
        '| fault | runs | lost | extra runs | slowest recovery | kept |',
        '| --- | --- | --- | --- | --- | --- |',
      ].join('\n'),
    );
  });
});

describe('renderComparison', () => {
  it('renders both sides of a case in one line', () => {
    const bullmq = summaryOf({
      side: 'bullmq',
      failedCount: 20,
      lostCount: 4,
      slowestMs: 31_960,
      broken: ['late'],
    });

    expect(renderComparison([summaryOf({})], [summaryOf({ caseName: 'other' }), bullmq])).toBe(
      [
        '| fault | runs | Drover: lost | Drover: extra runs | Drover: slowest recovery | Drover: kept | BullMQ: lost | BullMQ: extra runs | BullMQ: slowest recovery | BullMQ: kept |',
        '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
        '| redis-killed | 20 | 0 | 3 | 1.2 s | all | 4 | 3 | 32.0 s | not late (20 of 20) |',
      ].join('\n'),
    );
  });

  it('leaves the cells of the other side empty when it has no such case', () => {
    const [, , row] = renderComparison([summaryOf({})], []).split('\n');

    expect(row).toBe('| redis-killed | 20 | 0 | 3 | 1.2 s | all |  |  |  |  |');
  });
});
