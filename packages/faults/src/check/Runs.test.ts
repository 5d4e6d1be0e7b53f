import { describe, expect, it } from 'bun:test';
import {
  OTHER_PID,
  PID,
  toEvidence,
  toHistory,
  toKilledProcess,
  toProcess,
} from './__fixtures__/historyFixture';
import { groupByCall, listRuns, type Run } from './Runs';

const runOf = (overrides: Partial<Run>): Run => ({
  call: 0,
  taskId: 'task-0',
  attempt: 1,
  run: 'run-0',
  pid: PID,
  startedAtMs: 2020,
  endedAtMs: 2170,
  diedAtMs: undefined,
  ...overrides,
});

describe('listRuns', () => {
  it('puts the lines of each run together', () => {
    expect(listRuns(toHistory())).toEqual([
      runOf({}),
      runOf({ call: 1, taskId: 'task-1', run: 'run-1', startedAtMs: 3020, endedAtMs: 3170 }),
    ]);
  });

  it('lists runs in the order in which they began, whatever the order of their lines', () => {
    const evidence = [...toEvidence(1), ...toEvidence(0)];

    expect(listRuns(toHistory({ evidence })).map(({ run }) => run)).toEqual(['run-0', 'run-1']);
  });

  it('tells two runs of one task apart', () => {
    const evidence = [
      ...toEvidence(0, { run: 'first', fromMs: 2020, toMs: 2900 }),
      ...toEvidence(0, { run: 'second', fromMs: 2500, toMs: 2600 }),
    ];

    expect(listRuns(toHistory({ evidence }))).toEqual([
      runOf({ run: 'first', endedAtMs: 2900 }),
      runOf({ run: 'second', startedAtMs: 2500, endedAtMs: 2600 }),
    ]);
  });

  it('says when a run died with its process', () => {
    const evidence = toEvidence(0, { pid: OTHER_PID, toMs: undefined });
    const processes = [toProcess(), toKilledProcess(2100, { pid: OTHER_PID })];

    expect(listRuns(toHistory({ evidence, processes }))).toEqual([
      runOf({ pid: OTHER_PID, endedAtMs: undefined, diedAtMs: 2100 }),
    ]);
  });

  it('lets no run die that ended before its process did', () => {
    const processes = [toKilledProcess(2200)];

    expect(listRuns(toHistory({ evidence: toEvidence(0), processes }))).toEqual([runOf({})]);
  });

  it('has neither end nor death of a run that goes on', () => {
    const evidence = toEvidence(0, { toMs: undefined });
    const processes = [toProcess({ endedAtMs: undefined })];

    expect(listRuns(toHistory({ evidence, processes }))).toEqual([runOf({ endedAtMs: undefined })]);
  });

  it('takes the effect of a run for neither its start nor its end', () => {
    const [start, end] = toEvidence(0);
    if (start === undefined || end === undefined) throw new Error('expected a start and an end');
    const effect = { ...start, event: 'effect', atMs: 2100 } as const;

    expect(listRuns(toHistory({ evidence: [start, effect, end] }))).toEqual([runOf({})]);
    expect(listRuns(toHistory({ evidence: [start, effect] }))).toEqual([
      runOf({ endedAtMs: undefined, diedAtMs: 20_500 }),
    ]);
  });
});

describe('groupByCall', () => {
  it('keeps what is of one call together, in order', () => {
    const [a, b, c] = [
      { call: 1, name: 'a' },
      { call: 0, name: 'b' },
      { call: 1, name: 'c' },
    ];

    expect(groupByCall([a, b, c])).toEqual(
      new Map([
        [1, [a, c]],
        [0, [b]],
      ]),
    );
  });

  it('has no groups of nothing', () => {
    expect(groupByCall([])).toEqual(new Map());
  });
});
