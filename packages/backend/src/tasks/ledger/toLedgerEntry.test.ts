import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ENVELOPE_VERSION } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { toJobPriority } from '../queue/JobOptions';
import { type EnvelopeJob, isEnvelopeJob, toLedgerEntry } from './toLedgerEntry';

const NOW_MS = 1_767_225_600_000;

const sampleJob = (options: EnvelopeJob['options'] = {}): EnvelopeJob => ({
  id: TaskId(),
  name: 'emails:send',
  data: { v: ENVELOPE_VERSION, payload: { to: 'ada@example.com' }, correlationId: CorrelationId() },
  options,
});

describe('toLedgerEntry', () => {
  it('takes a job over as it is, with the time of the call', () => {
    const job = sampleJob({ attempts: 5, priority: toJobPriority(75) });

    expect(toLedgerEntry(job, { nowMs: NOW_MS, retryStrategy: { backoffMs: 10 } })).toEqual({
      id: job.id,
      taskName: 'emails:send',
      envelope: job.data,
      options: { attempts: 5, priority: toJobPriority(75), timestamp: NOW_MS },
      debounce: undefined,
      key: undefined,
      priority: 75,
      maxAttempts: 5,
      retryStrategy: { backoffMs: 10 },
      createdAtMs: NOW_MS,
      dueAtMs: undefined,
    });
  });

  it('leaves the key to the ledger: the queue hears of none', () => {
    const key = { kind: 'unique', key: 'nightly' } as const;
    const entry = toLedgerEntry(sampleJob({ deduplication: { id: 'nightly' } }), { nowMs: NOW_MS, key });

    expect([entry.options, entry.key]).toEqual([{ timestamp: NOW_MS }, key]);
  });

  it('keeps what lets a run of a schedule wait for the one before it, and no other key', () => {
    const run = (deduplication: NonNullable<EnvelopeJob['options']['deduplication']>): EnvelopeJob => {
      const job = sampleJob({ deduplication });
      return { ...job, data: { ...job.data, scheduleId: 'nightly' } };
    };
    const keptOf = (job: EnvelopeJob) => toLedgerEntry(job, { nowMs: NOW_MS }).options.deduplication;

    expect(keptOf(run({ id: 'schedule-nightly' }))).toEqual({ id: 'schedule-nightly' });
    expect(keptOf(run({ id: 'run-7', ttl: 1000 }))).toBeUndefined();
  });

  it('keeps the fields of the job', () => {
    const fields = ['step:a', '[0,5,false,1]'];

    expect(toLedgerEntry({ ...sampleJob(), fields }, { nowMs: NOW_MS }).fields).toEqual(fields);
  });

  it.each<[options: EnvelopeJob['options'], dueAtMs: number | undefined]>([
    [{}, undefined],
    [{ delay: 0 }, undefined],
    [{ delay: 500 }, NOW_MS + 500],
    [{ delay: 500, timestamp: NOW_MS - 100 }, NOW_MS + 400],
  ])('is due by the time of the job and its delay: %o', (options, dueAtMs) => {
    expect(toLedgerEntry(sampleJob(options), { nowMs: NOW_MS }).dueAtMs).toBe(dueAtMs);
  });
});

describe('isEnvelopeJob', () => {
  it.each<[data: unknown, isOne: boolean]>([
    [sampleJob().data, true],
    [{ ...sampleJob().data, v: ENVELOPE_VERSION + 1 }, false],
    [{ payload: 1 }, false],
    ['text', false],
    [null, false],
  ])('of a job with the data %o is %p', (data, isOne) => {
    expect(isEnvelopeJob({ ...sampleJob(), data })).toBe(isOne);
  });
});
