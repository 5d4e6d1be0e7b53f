import { describe, expect, it } from 'bun:test';
import { CREATED_AT_MS, sampleEntry } from './__fixtures__/LedgerBench';
import { type LedgerEntry } from './LedgerEntry';
import { type UnpublishedTask } from './LedgerOutbox';
import { toJob } from './toJob';

const NOW_MS = CREATED_AT_MS + 60_000;

const taskOf = (
  given: Partial<LedgerEntry> = {},
  told: Partial<Pick<UnpublishedTask, 'attemptsMade' | 'crashCount' | 'hasBegun'>> = {},
): UnpublishedTask => ({ ...sampleEntry(given), attemptsMade: 0, crashCount: 0, hasBegun: false, ...told });

describe('toJob', () => {
  it('makes the job that was scheduled', () => {
    const task = taskOf();

    expect(toJob(task, NOW_MS)).toEqual({
      id: task.id,
      name: 'emails:send',
      data: task.envelope,
      options: { jobId: task.id, priority: 51, attempts: 3, timestamp: CREATED_AT_MS },
      debounce: undefined,
      isLate: true,
    });
  });

  const times: [title: string, dueAtMs: number | undefined, delay: number | undefined][] = [
    ['one that may start at once is not put off', undefined, undefined],
    ['one that is due later is due when it was', NOW_MS + 1, 60_001],
    ['one that is due now is not put off', NOW_MS, undefined],
    ['one that was due long ago is not put off', CREATED_AT_MS + 5, undefined],
  ];

  it.each(times)('%s', (_title, dueAtMs, delay) => {
    const options = { priority: 51, delay: 7, timestamp: CREATED_AT_MS };
    const job = toJob(taskOf({ dueAtMs, options }), NOW_MS);

    expect([job.options.delay, job.options.timestamp]).toEqual([delay, CREATED_AT_MS]);
  });

  it('goes on counting the attempts that were made', () => {
    expect(toJob(taskOf({}, { attemptsMade: 2, hasBegun: true }), NOW_MS).fields).toEqual(['atm', '2']);
  });

  it.each([
    [3, 1, ['atm', '2', 'stc', '1']],
    [2, 2, ['stc', '2']],
  ])('of %i attempts that were made has %i that crashed', (attemptsMade, crashCount, fields) => {
    expect(toJob(taskOf({}, { attemptsMade, crashCount }), NOW_MS).fields).toEqual(fields);
  });

  it('keeps the moment by which a task must begin, unless it has begun', () => {
    const given = sampleEntry({}, { expiresAtMs: NOW_MS - 1 });
    const [waiting, begun] = [toJob(taskOf(given), NOW_MS), toJob(taskOf(given, { hasBegun: true }), NOW_MS)];
    const { expiresAtMs: _expiresAtMs, ...kept } = given.envelope;

    expect([waiting.data, begun.data]).toEqual([given.envelope, kept]);
  });

  it('has the fields of the job, behind the attempts that were made', () => {
    const fields = ['steps', '["a",0,5]\n', 'step:a', '[0,5,false,1]'];

    expect(toJob(taskOf({ fields }), NOW_MS).fields).toEqual(fields);
    expect(toJob(taskOf({ fields }, { attemptsMade: 1 }), NOW_MS).fields).toEqual(['atm', '1', ...fields]);
  });

  it('keeps a debounce key of a task that has not begun, and only of such a one', () => {
    const debounce = { kind: 'debounce', key: 'k', windowMs: 5, maxWaitMs: undefined } as const;
    const [waiting, begun] = [
      toJob(taskOf({ debounce }), NOW_MS),
      toJob(taskOf({ debounce }, { hasBegun: true }), NOW_MS),
    ];

    expect([waiting.debounce, waiting.options.deduplication?.id]).toEqual([
      debounce,
      expect.stringMatching(/^debounce-/),
    ]);
    expect([begun.debounce, begun.options.deduplication]).toEqual([undefined, undefined]);
  });
});
