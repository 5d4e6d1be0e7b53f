import { describe, expect, it } from 'bun:test';
import { type EndedTasks } from '../domain/EndedTasks';
import { type StatsSample, toTaskStats } from './TaskStats';

const MINUTE_MS = 60_000;
const NOW_MS = 1_000 * MINUTE_MS;
const counts = { pending: 1, scheduled: 0, running: 0, completed: 2, failed: 0, cancelled: 0 };

/** Tasks that ended so many minutes ago, newest first. */
const endedAgo = (minutes: readonly number[], rest: Partial<EndedTasks> = {}): EndedTasks => {
  const newest = minutes.map((ago) => ({ endedAtMs: NOW_MS - ago * MINUTE_MS, isSkipped: false }));
  const oldest = newest.at(-1)?.endedAtMs;
  return {
    newest,
    isCut: false,
    keptCount: minutes.length,
    ...(oldest === undefined ? {} : { oldestKeptAtMs: oldest }),
    ...rest,
  };
};

const none = endedAgo([]);
const roomy = { ageMs: 10_000 * MINUTE_MS, count: 1000 };

const statsOf = (sample: Partial<StatsSample>) =>
  toTaskStats({
    taskName: 'emails:send',
    counts,
    completed: none,
    failed: none,
    retention: { completed: roomy, failed: roomy },
    nowMs: NOW_MS,
    windowMs: 60 * MINUTE_MS,
    ...sample,
  });

const minutesAgo = (date: Date): number => (NOW_MS - date.getTime()) / MINUTE_MS;

describe('toTaskStats', () => {
  it('knows only counts and a throughput of 0 when nothing has ended', () => {
    expect(statsOf({})).toEqual({
      taskName: 'emails:send',
      counts,
      throughputPerMinute: 0,
      sampleCount: 0,
      skippedCount: 0,
      since: new Date(NOW_MS - 60 * MINUTE_MS),
    });
  });

  it('takes rates over the whole window, and counts dead letters among what ended', () => {
    const stats = statsOf({ completed: endedAgo([1, 30, 59]), failed: endedAgo([2, 200]) });

    expect(stats).toMatchObject({ throughputPerMinute: 4 / 60, failureRate: 1 / 4, sampleCount: 4 });
    expect(minutesAgo(stats.since)).toBe(60);
  });

  it.each<
    [string, Partial<StatsSample>, minutes: number, sampleCount: number, failureRate: number | undefined]
  >([
    [
      'a full set of completed tasks reaches back',
      {
        completed: endedAgo([1, 2, 4]),
        failed: endedAgo([3, 30]),
        retention: { completed: { ...roomy, count: 3 }, failed: roomy },
      },
      4,
      3,
      1 / 3,
    ],
    [
      'the sample reaches back where more ended',
      { completed: endedAgo([1, 2, 5], { isCut: true, keptCount: 90 }) },
      5,
      2,
      0,
    ],
    [
      'their age lets them be kept',
      {
        completed: endedAgo([1, 9]),
        retention: { completed: { ageMs: 10 * MINUTE_MS, count: 1000 }, failed: roomy },
      },
      10,
      2,
      0,
    ],
    [
      'a full set of dead letters reaches back',
      {
        completed: endedAgo([1, 20]),
        failed: endedAgo([10]),
        retention: { completed: roomy, failed: { ...roomy, count: 1 } },
      },
      10,
      1,
      0,
    ],
    [
      'the window, though a full set reaches further',
      {
        completed: endedAgo([1], { keptCount: 3, oldestKeptAtMs: NOW_MS - 100 * MINUTE_MS }),
        retention: { completed: { ...roomy, count: 3 }, failed: roomy },
      },
      60,
      1,
      0,
    ],
  ])('looks back as far as %s', (_what, sample, minutes, sampleCount, failureRate) => {
    const stats = statsOf(sample);

    expect(minutesAgo(stats.since)).toBe(minutes);
    expect(stats).toMatchObject({ sampleCount, throughputPerMinute: sampleCount / minutes });
    expect(stats.failureRate).toBe(failureRate);
  });

  it('counts the skips among what ended since, and them alone', () => {
    const newest = [1, 30, 59, 100].map((ago, index) => ({
      endedAtMs: NOW_MS - ago * MINUTE_MS,
      isSkipped: index !== 1,
    }));
    const completed = { ...endedAgo([]), newest, keptCount: 4 };

    expect(statsOf({ completed, failed: endedAgo([2]) })).toMatchObject({ sampleCount: 4, skippedCount: 2 });
  });

  it('says nothing of rates when nothing is kept', () => {
    const stats = statsOf({ retention: { completed: { ...roomy, count: 0 }, failed: roomy } });

    expect(stats).toEqual({
      taskName: 'emails:send',
      counts,
      sampleCount: 0,
      skippedCount: 0,
      since: new Date(NOW_MS),
    });
  });

  it('has the waits of first attempts and the runs of last ones, by nearest rank', () => {
    const newest = Array.from({ length: 100 }, (_, index) => {
      const startedAtMs = NOW_MS - MINUTE_MS;
      const endedAtMs = startedAtMs + (index + 1) * 10;
      // Every second one was tried again: its wait is not known.
      return {
        isSkipped: false,
        endedAtMs,
        startedAtMs,
        ...(index % 2 === 0 ? { dueAtMs: startedAtMs - index } : {}),
      };
    });
    const { waitMs, runMs } = statsOf({ completed: { ...endedAgo([]), newest, keptCount: 100 } });

    expect(runMs).toEqual({ p50: 500, p95: 950, p99: 990 });
    expect(waitMs).toEqual({ p50: 48, p95: 94, p99: 98 });
  });

  it('takes no wait for negative, though two clocks say so', () => {
    const newest = [
      { endedAtMs: NOW_MS - 1, startedAtMs: NOW_MS - 5, dueAtMs: NOW_MS - 2, isSkipped: false },
    ];

    expect(statsOf({ completed: { ...endedAgo([]), newest, keptCount: 1 } }).waitMs).toEqual({
      p50: 0,
      p95: 0,
      p99: 0,
    });
  });

  it.each([
    [NOW_MS - 700, 700],
    [NOW_MS + 5, 0],
  ])('says how long the oldest task waits', (oldestDueAtMs, oldestWaitingMs) => {
    expect(statsOf({ oldestDueAtMs }).oldestWaitingMs).toBe(oldestWaitingMs);
  });
});
