import { describe, expect, it } from 'bun:test';
import { TaskId } from './TaskId';
import { progressOf, type TaskSighting, toTaskEvents } from './TaskSighting';

const task = { id: TaskId(), taskName: 'mails:send' };
const pending: TaskSighting = { status: 'pending', logCount: 0 };
const running: TaskSighting = { status: 'running', logCount: 0 };
const half: TaskSighting = { ...running, progressJson: '0.5' };
const completed: TaskSighting = {
  ...half,
  status: 'completed',
  progressJson: '1',
  end: { kind: 'completed', value: 7 },
};
const cancelled: TaskSighting = { ...half, status: 'cancelled', end: { kind: 'cancelled', reason: 'no' } };

describe('toTaskEvents', () => {
  const cases: [
    what: string,
    before: TaskSighting | undefined,
    now: TaskSighting,
    lines: string[],
    events: unknown[],
  ][] = [
    ['the present state first', undefined, pending, [], [{ status: 'pending' }]],
    [
      'then what a late comer has missed',
      undefined,
      half,
      ['a', 'b'],
      [
        { status: 'running', progress: 0.5 },
        { status: 'running', log: 'a' },
        { status: 'running', log: 'b' },
      ],
    ],
    ['nothing where nothing changed', half, half, [], []],
    ['a status', pending, running, [], [{ status: 'running' }]],
    ['a progress', running, half, [], [{ status: 'running', progress: 0.5 }]],
    ['an old progress not again', half, { ...half, status: 'retrying' }, [], [{ status: 'retrying' }]],
    [
      'lines before a progress',
      running,
      half,
      ['a'],
      [
        { status: 'running', log: 'a' },
        { status: 'running', progress: 0.5 },
      ],
    ],
    [
      'the end last, with the last progress',
      half,
      completed,
      ['z'],
      [
        { status: 'running', log: 'z' },
        { status: 'completed', progress: 1 },
      ],
    ],
    [
      'the end last of a task that ended before',
      undefined,
      completed,
      ['a'],
      [
        { status: 'completed', log: 'a' },
        { status: 'completed', progress: 1 },
      ],
    ],
    [
      'why there is no value',
      half,
      cancelled,
      [],
      [{ status: 'cancelled', error: expect.objectContaining({ code: 'cancelled' }) }],
    ],
  ];

  it.each(cases)('tell %s', (_what, before, now, lines, events) => {
    expect(toTaskEvents({ task, before, now, lines })).toEqual(events as never);
  });
});

describe('progressOf', () => {
  it('reads JSON, and takes what is none as it is', () => {
    expect([half, { ...half, progressJson: 'half' }, running].map(progressOf)).toEqual([
      0.5,
      'half',
      undefined,
    ]);
  });
});
