import { describe, expect, it } from 'bun:test';
import { isEnd, type QueueEvent, toQueueEvent, toToldEnd } from './QueueEvent';

const toEvent = (...fields: string[]): QueueEvent => {
  const event = toQueueEvent(fields);
  if (event === undefined) throw new Error('expected an event about a task');
  return event;
};

describe('toQueueEvent', () => {
  it('reads an entry, and leaves out one about no task', () => {
    expect(toEvent('event', 'progress', 'jobId', '7', 'data', '0.5')).toEqual({
      name: 'progress',
      jobId: '7',
      fields: new Map([
        ['event', 'progress'],
        ['jobId', '7'],
        ['data', '0.5'],
      ]),
    });
    expect(toQueueEvent(['event', 'drained'])).toBeUndefined();
  });
});

describe('toToldEnd', () => {
  const cases: [fields: string[], end: unknown, mayBeEnd: boolean][] = [
    [['completed', 'returnvalue', '{"n":1}'], { kind: 'completed', value: { n: 1 } }, true],
    [
      ['failed', 'failedReason', 'no'],
      { kind: 'failed', error: { message: 'no', code: 'task-failed', attempt: 0 } },
      true,
    ],
    [['cancelled', 'reason', ''], { kind: 'cancelled' }, true],
    [['cancelled', 'reason', 'no longer wanted'], { kind: 'cancelled', reason: 'no longer wanted' }, true],
    [['removed'], undefined, true],
    [['active'], undefined, false],
  ];

  it.each(cases)('of %j is %j', ([name = '', ...fields], end, mayBeEnd) => {
    const event = toEvent('event', name, 'jobId', '7', ...fields);

    expect([toToldEnd(event) as unknown, isEnd(event)]).toEqual([end, mayBeEnd]);
  });
});
