import { describe, expect, it } from 'bun:test';
import { TaskId } from '../../domain/TaskId';
import { createRecoveryTally, type RecoveryTally } from './RecoveryReport';

const taskName = 'emails:send';
const tasks = Array.from({ length: 5 }, () => ({ id: TaskId(), taskName }));
const leaveAll = (leave: RecoveryTally['leave']): void => {
  for (const task of tasks) leave(task, 'no');
};

describe('createRecoveryTally', () => {
  const cases: [
    what: string,
    count: (tally: RecoveryTally) => void,
    checkedInPlaceAndLeft: readonly [number, number, number],
  ][] = [
    ['what was found on its queue', ({ add }) => add(taskName, { checkedCount: 5 }), [5, 5, 0]],
    [
      'neither what was put there, nor what had ended',
      ({ add }) => add(taskName, { checkedCount: 5, publishedCount: 2, endedCount: 1 }),
      [5, 2, 0],
    ],
    [
      'nothing that was checked and is left',
      ({ add, leave }) => {
        add(taskName, { checkedCount: 7 });
        leaveAll(leave);
      },
      [7, 2, 5],
    ],
    [
      'what was found before its queue refused to say more',
      ({ add, leaveUnchecked }) => {
        add(taskName, { checkedCount: 500 });
        leaveAll(leaveUnchecked);
      },
      [500, 500, 5],
    ],
    ['nothing of a queue that says nothing', ({ leaveUnchecked }) => leaveAll(leaveUnchecked), [0, 0, 5]],
    [
      'nothing that was checked before its queue refused',
      ({ add, leave, leaveUnchecked }) => {
        add(taskName, { checkedCount: 6 });
        leaveAll(leave);
        leaveAll(leaveUnchecked);
      },
      [6, 1, 5],
    ],
    [
      'what was left, and is no more',
      ({ add, leave, settle }) => {
        add(taskName, { checkedCount: 5 });
        leaveAll(leave);
        for (const { id } of tasks) settle(id);
      },
      [5, 5, 0],
    ],
  ];

  it.each(cases)('has in place %s', (_what, count, expected) => {
    const tally = createRecoveryTally();
    count(tally);
    const report = tally.toReport();
    const rows = [report, ...report.taskNames];

    expect(rows.map((row) => [row.checkedCount, row.inPlaceCount, row.leftCount])).toEqual([
      [...expected],
      [...expected],
    ]);
  });

  it('sums up the names, in their order, each with the reasons of what it leaves', () => {
    const tally = createRecoveryTally();
    tally.add('orders:pack', { checkedCount: 2, publishedCount: 2 });
    tally.leaveUnchecked({ id: TaskId(), taskName }, 'refused');
    for (const reason of ['silent', 'refused']) tally.leaveUnchecked({ id: TaskId(), taskName }, reason);
    const { taskNames, ...sums } = tally.toReport();

    expect(sums).toEqual({
      checkedCount: 2,
      inPlaceCount: 0,
      publishedCount: 2,
      endedCount: 0,
      leftCount: 3,
    });
    expect(taskNames.map((each) => [each.taskName, each.left])).toEqual([
      [
        taskName,
        [
          { reason: 'refused', count: 2 },
          { reason: 'silent', count: 1 },
        ],
      ],
      ['orders:pack', []],
    ]);
  });
});
