import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { OTHER_PID, toFault, toHistory, toKilledProcess, toProcess } from './__fixtures__/historyFixture';
import { availableWindows, longestAvailableMs, mergeWindows, subtractWindows } from './Availability';
import { type Window } from './History';

const LAST_MS = 30;

/** A window of whole milliseconds; never empty. */
const windows = fc
  .tuple(fc.integer({ min: 0, max: LAST_MS - 1 }), fc.integer({ min: 1, max: LAST_MS }))
  .map(([fromMs, lengthMs]): Window => ({ fromMs, toMs: Math.min(LAST_MS, fromMs + lengthMs) }));
const lists = fc.array(windows, { maxLength: 6 });

/** Moments inside of milliseconds: no window of whole ones begins or ends there. */
const moments = Array.from({ length: LAST_MS }, (_, ms) => ms + 0.5);

const holds = (list: readonly Window[], atMs: number): boolean =>
  list.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs);

const momentsOf = (list: readonly Window[]): readonly number[] => moments.filter((atMs) => holds(list, atMs));

describe('mergeWindows', () => {
  it('covers every moment that a window covers, and no other', () => {
    fc.assert(
      fc.property(lists, (list) => expect(momentsOf(mergeWindows(list))).toEqual([...momentsOf(list)])),
    );
  });

  it('leaves windows in order, with time between them', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const merged = mergeWindows(list);
        return merged.every(
          ({ fromMs }, index) => index === 0 || (merged[index - 1]?.toMs ?? fromMs) < fromMs,
        );
      }),
    );
  });

  it('changes nothing of what is merged, nor of what it is given', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const given = structuredClone(list);
        const merged = mergeWindows(list);
        expect(mergeWindows(merged)).toEqual([...merged]);
        expect(list).toEqual(given);
      }),
    );
  });

  it('adds windows that only touch together', () => {
    const touching = [
      { fromMs: 5, toMs: 9 },
      { fromMs: 1, toMs: 5 },
    ];

    expect(mergeWindows(touching)).toEqual([{ fromMs: 1, toMs: 9 }]);
  });

  it('keeps the end of a window that holds another one', () => {
    const nested = [
      { fromMs: 1, toMs: Number.POSITIVE_INFINITY },
      { fromMs: 2, toMs: 3 },
    ];

    expect(mergeWindows(nested)).toEqual([{ fromMs: 1, toMs: Number.POSITIVE_INFINITY }]);
  });
});

describe('subtractWindows', () => {
  it('leaves every moment of the window that is in no other, and no more', () => {
    fc.assert(
      fc.property(windows, lists, (window, taken) => {
        const left = momentsOf([window]).filter((atMs) => !holds(taken, atMs));
        expect(momentsOf(subtractWindows(window, taken))).toEqual(left);
      }),
    );
  });

  it('leaves parts that are not empty, in order', () => {
    fc.assert(
      fc.property(windows, lists, (window, taken) => {
        const parts = subtractWindows(window, taken);
        const edges = parts.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
        expect(edges).toEqual(edges.toSorted((one, other) => one - other));
        expect(parts.filter(({ fromMs, toMs }) => fromMs >= toMs)).toEqual([]);
      }),
    );
  });

  it('takes nothing away from a window that only touches', () => {
    const touching = [
      { fromMs: 0, toMs: 5 },
      { fromMs: 9, toMs: 12 },
    ];

    expect(subtractWindows({ fromMs: 5, toMs: 9 }, touching)).toEqual([{ fromMs: 5, toMs: 9 }]);
  });

  it('leaves nothing after what never ends', () => {
    const endless = [{ fromMs: 5, toMs: Number.POSITIVE_INFINITY }];

    expect(subtractWindows({ fromMs: 1, toMs: Number.POSITIVE_INFINITY }, endless)).toEqual([
      { fromMs: 1, toMs: 5 },
    ]);
  });
});

describe('availableWindows', () => {
  it('lasts from the moment at which a worker is ready until it is asked to stop', () => {
    expect(availableWindows(toHistory())).toEqual([{ fromMs: 1000, toMs: 20_000 }]);
  });

  it('ends with the first of several requests to stop', () => {
    const processes = [toProcess({ stopRequestedAtMs: [8000, 8100] })];

    expect(availableWindows(toHistory({ processes }))).toEqual([{ fromMs: 1000, toMs: 8000 }]);
  });

  it('ends when a worker is killed', () => {
    expect(availableWindows(toHistory({ processes: [toKilledProcess(5000)] }))).toEqual([
      { fromMs: 1000, toMs: 5000 },
    ]);
  });

  it('lasts for ever with a worker that never ends', () => {
    const processes = [toProcess({ stopRequestedAtMs: [], endedAtMs: undefined })];

    expect(availableWindows(toHistory({ processes }))).toEqual([
      { fromMs: 1000, toMs: Number.POSITIVE_INFINITY },
    ]);
  });

  it('never begins with a worker that was never ready, or only after it was to stop', () => {
    const processes = [toProcess({ readyAtMs: undefined }), toProcess({ readyAtMs: 20_000 })];

    expect(availableWindows(toHistory({ processes }))).toEqual([]);
  });

  it('is interrupted while the only worker is suspended', () => {
    const processes = [toProcess({ suspensions: [{ fromMs: 3000, toMs: 7000 }] })];

    expect(availableWindows(toHistory({ processes }))).toEqual([
      { fromMs: 1000, toMs: 3000 },
      { fromMs: 7000, toMs: 20_000 },
    ]);
  });

  it('goes on with another worker while one is suspended or gone', () => {
    const processes = [
      toProcess({ suspensions: [{ fromMs: 3000, toMs: 7000 }] }),
      toKilledProcess(9000, { pid: OTHER_PID, readyAtMs: 2000 }),
    ];

    expect(availableWindows(toHistory({ processes }))).toEqual([{ fromMs: 1000, toMs: 20_000 }]);
  });

  it('has a gap between a worker that ends and one that is ready later', () => {
    const processes = [toKilledProcess(5000), toProcess({ pid: OTHER_PID, readyAtMs: 6000 })];

    expect(availableWindows(toHistory({ processes }))).toEqual([
      { fromMs: 1000, toMs: 5000 },
      { fromMs: 6000, toMs: 20_000 },
    ]);
  });

  it('is interrupted for every worker while Redis cannot be used', () => {
    const processes = [toProcess(), toProcess({ pid: OTHER_PID })];
    const outages = [
      { fromMs: 4000, toMs: 5000 },
      { fromMs: 4500, toMs: 6000 },
    ];

    expect(availableWindows(toHistory({ processes, outages }))).toEqual([
      { fromMs: 1000, toMs: 4000 },
      { fromMs: 6000, toMs: 20_000 },
    ]);
  });

  it.each(['reset', 'lose-reply', 'kill-worker'])('begins anew with a %s', (kind) => {
    const faults = [
      toFault({ kind, fromMs: 3000, toMs: 3000 }),
      toFault({ kind, pid: OTHER_PID, fromMs: 8000, toMs: 8000 }),
    ];

    expect(availableWindows(toHistory({ faults }))).toEqual([
      { fromMs: 1000, toMs: 3000 },
      { fromMs: 3000, toMs: 8000 },
      { fromMs: 8000, toMs: 20_000 },
    ]);
  });

  it('goes on through a fault that has an outage of its own, or none', () => {
    const kinds = ['kill-redis', 'bad-network', 'suspend-worker', 'flush'] as const;
    const faults = kinds.map((kind) => toFault({ kind }));

    expect(availableWindows(toHistory({ faults }))).toEqual([{ fromMs: 1000, toMs: 20_000 }]);
  });
});

describe('longestAvailableMs', () => {
  const available = [
    { fromMs: 0, toMs: 100 },
    { fromMs: 200, toMs: 500 },
  ];

  it.each<[Window, number]>([
    [{ fromMs: 0, toMs: 1000 }, 300],
    [{ fromMs: 50, toMs: 250 }, 50],
    [{ fromMs: 90, toMs: 260 }, 60],
    [{ fromMs: 300, toMs: 310 }, 10],
    [{ fromMs: 100, toMs: 200 }, 0],
    [{ fromMs: 600, toMs: 700 }, 0],
    [{ fromMs: 80, toMs: 20 }, 0],
  ])('of %j is %i ms', (window, longestMs) => {
    expect(longestAvailableMs(available, window)).toBe(longestMs);
  });

  it('is 0 when nothing was ever available', () => {
    expect(longestAvailableMs([], { fromMs: 0, toMs: 1000 })).toBe(0);
  });

  it('is as long as the longest part of the window that is available', () => {
    fc.assert(
      fc.property(lists, windows, (list, window) => {
        const merged = mergeWindows(list);
        const own = momentsOf([window]);
        const longest = Math.max(
          0,
          ...merged.map((part) => own.filter((atMs) => holds([part], atMs)).length),
        );
        expect(longestAvailableMs(merged, window)).toBe(longest);
      }),
    );
  });
});
