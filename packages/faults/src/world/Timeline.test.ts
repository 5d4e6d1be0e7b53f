import { describe, expect, it } from 'bun:test';
import { machineNowMs } from '../tasks/Evidence';
import { createTimeline } from './Timeline';

/** Does something and says between which moments. */
const during = <T>(act: () => T): readonly [result: T, fromMs: number, toMs: number] => {
  const fromMs = machineNowMs();
  const result = act();
  // toBeWithin leaves its end out.
  return [result, fromMs, machineNowMs() + 0.001];
};

describe('createTimeline', () => {
  it('is empty at first', () => {
    const timeline = createTimeline();

    expect([timeline.faults(), timeline.outages()]).toEqual([[], []]);
  });

  it('notes a fault that lasts, from its beginning to its end', () => {
    const timeline = createTimeline();

    const [end, ...began] = during(() => timeline.begin('stop-worker', 100));
    const [, ...ended] = during(end);

    const [fault] = timeline.faults();
    expect(timeline.faults()).toEqual([
      { kind: 'stop-worker', pid: 100, fromMs: expect.any(Number), toMs: expect.any(Number) },
    ]);
    expect(fault?.fromMs).toBeWithin(...began);
    expect(fault?.toMs).toBeWithin(...ended);
  });

  it('notes a fault that struck everybody without a process', () => {
    const timeline = createTimeline();

    timeline.begin('kill-redis')();

    expect(timeline.faults().map(({ kind, pid }) => ({ kind, pid }))).toEqual([
      { kind: 'kill-redis', pid: undefined },
    ]);
  });

  it('notes a fault of one moment', () => {
    const timeline = createTimeline();

    const [, ...struck] = during(() => timeline.strike('kill-worker', 100));

    const [fault] = timeline.faults();
    expect(timeline.faults()).toEqual([
      { kind: 'kill-worker', pid: 100, fromMs: expect.any(Number), toMs: fault?.fromMs ?? Number.NaN },
    ]);
    expect(fault?.fromMs).toBeWithin(...struck);
  });

  it('lets last for ever what has not ended', () => {
    const timeline = createTimeline();

    timeline.begin('swallow');
    timeline.beginOutage();

    expect(timeline.faults().map(({ toMs }) => toMs)).toEqual([Number.POSITIVE_INFINITY]);
    expect(timeline.outages().map(({ toMs }) => toMs)).toEqual([Number.POSITIVE_INFINITY]);
  });

  it('lists faults in the order in which they began, each with its own end', () => {
    const timeline = createTimeline();
    const endFirst = timeline.begin('kill-redis');
    const endSecond = timeline.begin('read-only');
    timeline.strike('flush');

    endSecond();

    const [first, second] = timeline.faults();
    expect(timeline.faults().map(({ kind }) => kind)).toEqual(['kill-redis', 'read-only', 'flush']);
    expect([first?.toMs, Number.isFinite(second?.toMs)]).toEqual([Number.POSITIVE_INFINITY, true]);
    endFirst();
    expect(Number.isFinite(timeline.faults()[0]?.toMs)).toBe(true);
  });

  it('notes an outage, which is no fault', () => {
    const timeline = createTimeline();

    const [end, ...began] = during(() => timeline.beginOutage());
    const [, ...ended] = during(() => end());

    const [outage] = timeline.outages();
    expect(timeline.outages()).toEqual([{ fromMs: expect.any(Number), toMs: expect.any(Number) }]);
    expect(outage?.fromMs).toBeWithin(...began);
    expect(outage?.toMs).toBeWithin(...ended);
    expect(timeline.faults()).toEqual([]);
  });

  it('lets an outage linger after its end', () => {
    const timeline = createTimeline();
    const end = timeline.beginOutage();

    const [, fromMs, toMs] = during(() => end(12_000));

    expect(timeline.outages()[0]?.toMs).toBeWithin(fromMs + 12_000, toMs + 12_000);
  });

  it('does not change what it has told before', () => {
    const timeline = createTimeline();
    const end = timeline.begin('swallow');
    const before = timeline.faults();

    end();

    expect(before.map(({ toMs }) => toMs)).toEqual([Number.POSITIVE_INFINITY]);
  });

  it('notes once each whose end was held, and when', () => {
    const timeline = createTimeline();

    const [, ...moments] = during(() => timeline.hold(['one', 'other', 'one']));

    expect(timeline.held().map(({ taskId }) => taskId)).toEqual(['one', 'other']);
    for (const { atMs } of timeline.held()) expect(atMs).toBeWithin(...moments);
  });
});
