import { describe, expect, it } from 'bun:test';
import { type Job } from 'bullmq';
import { createHeldJobs, type HeldJob, type Hold } from './HeldJobs';
import { type JobLock } from './JobLock';
import { type RunSlot } from './JobSlots';

const toJob = (fields: { id?: string; attemptsMade?: number; stalledCounter?: number } = {}): Job =>
  ({ id: '7', attemptsMade: 0, stalledCounter: 0, ...fields }) as Job; // the part that is read

const slot: RunSlot = { join: () => undefined, suspend: () => undefined, resume: async () => undefined };

const toLock = (): JobLock => ({
  token: 't1',
  reclaim: async () => 'held',
  writeCrashCount: async () => true,
});

const heldOf = (hold: Hold): HeldJob => {
  if (hold.kind === 'conflict') throw new Error('expected a job that is held, got a conflict');
  return hold.held;
};

describe('createHeldJobs', () => {
  it('holds a job from its delivery until its end was told', () => {
    const jobs = createHeldJobs(() => slot);
    const lock = toLock();
    const hold = jobs.hold(toJob({ attemptsMade: 1, stalledCounter: 2 }), lock);
    const cancellation = expect.anything();
    const held = {
      runKey: '1',
      lock,
      attemptsMade: 1,
      crashCount: 2,
      slot,
      falseStallCount: 0,
      cancellation,
    };
    expect([hold, jobs.find('7'), jobs.list()]).toEqual([{ kind: 'new', held }, held, [held]]);

    jobs.release('7', heldOf(hold));
    expect([jobs.find('7'), jobs.list()]).toEqual([undefined, []]);
  });

  it('gives a job that comes back after a stall the key of its run, and the crashes of before', () => {
    const jobs = createHeldJobs(() => slot);
    const first = heldOf(jobs.hold(toJob({ stalledCounter: 1 }), toLock()));
    const lock = toLock();
    const again = jobs.hold(toJob({ stalledCounter: 2 }), lock);

    expect(again).toEqual({
      kind: 'again',
      held: {
        runKey: '1',
        lock,
        attemptsMade: 0,
        crashCount: 1,
        slot,
        falseStallCount: 1,
        cancellation: expect.anything(),
      },
    });
    expect(heldOf(again).cancellation).toBe(first.cancellation);
    expect(heldOf(again).lock).toBe(lock);
  });

  it('adds up the stalls that were none until they are corrected', () => {
    const jobs = createHeldJobs(() => slot);
    jobs.hold(toJob(), toLock());
    jobs.hold(toJob({ stalledCounter: 1 }), toLock());
    const third = heldOf(jobs.hold(toJob({ stalledCounter: 2 }), toLock()));
    expect(third.falseStallCount).toBe(2);

    third.falseStallCount = 0;
    expect(heldOf(jobs.hold(toJob({ stalledCounter: 1 }), toLock())).falseStallCount).toBe(1);
  });

  it('keeps a job that came back when an older delivery is released', () => {
    const jobs = createHeldJobs(() => slot);
    const first = heldOf(jobs.hold(toJob(), toLock()));
    const second = heldOf(jobs.hold(toJob({ stalledCounter: 1 }), toLock()));
    jobs.release('7', first);
    jobs.giveUp('7', first);

    expect(jobs.find('7')).toBe(second);
  });

  it.each([
    ['with one more attempt', { attemptsMade: 1, stalledCounter: 1 }],
    ['without a stall', { attemptsMade: 0, stalledCounter: 0 }],
  ])('calls a job that comes back %s while its run goes on a conflict', (_how, fields) => {
    const jobs = createHeldJobs(() => slot);
    const held = heldOf(jobs.hold(toJob(), toLock()));

    expect(jobs.hold(toJob(fields), toLock())).toEqual({ kind: 'conflict' });
    expect(jobs.find('7')).toBe(held);
  });

  it('lets deliveries join a job whose end could not be told, and takes care of its lock no more', () => {
    const jobs = createHeldJobs(() => slot);
    jobs.giveUp('7', heldOf(jobs.hold(toJob(), toLock())));
    expect([jobs.find('7'), jobs.list(), jobs.listIds()]).toEqual([undefined, [], []]);

    const again = jobs.hold(toJob({ stalledCounter: 1 }), toLock());
    expect(again).toMatchObject({ kind: 'again', held: { runKey: '1' } });
    expect(jobs.list()).toEqual([heldOf(again)]);
  });

  it('runs another attempt of a job whose end could not be told anew', () => {
    const jobs = createHeldJobs(() => slot);
    jobs.giveUp('7', heldOf(jobs.hold(toJob(), toLock())));

    expect(jobs.hold(toJob({ attemptsMade: 1 }), toLock())).toMatchObject({
      kind: 'new',
      held: { runKey: '2', attemptsMade: 1 },
    });
  });

  it('keeps jobs apart', () => {
    const jobs = createHeldJobs(() => slot);
    const kinds = ['7', '8'].map((id) => jobs.hold(toJob({ id }), toLock()).kind);

    expect(kinds).toEqual(['new', 'new']);
    expect(jobs.list().map(({ runKey }) => runKey)).toEqual(['1', '2']);
    expect(jobs.listIds()).toEqual(['7', '8']);
  });
});
