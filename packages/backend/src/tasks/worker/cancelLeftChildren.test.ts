import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { bareEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { idlePowers } from './__fixtures__/idlePowers';
import { cancelLeftChildren } from './cancelLeftChildren';
import { type TaskFamily } from './TaskFamily';

const error = new TaskError('no');
const childOf = (name: string): StoredChild => ({ id: TaskId(), name, round: 0 });
const [heard, earlier] = [childOf('a:heard'), childOf('a:earlier')];

interface Given {
  readonly outcome: TaskOutcome;
  readonly takenCount: number;
  readonly unended?: readonly StoredChild[];
}

const setup = async ({ outcome, takenCount, unended = [heard] }: Given, isAway = false) => {
  const log: string[] = [];
  const taskId = TaskId();
  const listUnended = async () => {
    log.push('asks');
    if (isAway) throw new Error('Redis is away');
    return [heard, earlier];
  };
  const family = {
    cancel: async ({ name }: StoredChild, reason: string) =>
      void log.push(`${name}: ${reason.split('(')[1]}`),
  };
  const logger = getMockedLogger();
  await cancelLeftChildren({
    logger,
    family: family as unknown as TaskFamily, // the part that is used
    taskName: 'p:p',
    delivery: {
      ...idlePowers,
      taskId,
      takenCount,
      children: { ...idlePowers.children, listUnended },
    } as unknown as Delivery, // the part that is used
    end: {
      outcome,
      attempt: 1,
      maxAttempts: 3,
      envelope: bareEnvelope({}, 'p:p'),
      startedAt: new Date(),
      hasBegun: true,
      unendedChildren: unended,
    },
  });
  return { log, logger };
};

describe('cancelLeftChildren', () => {
  const cases: [kind: string, given: Given, log: string[]][] = [
    ['completed', { outcome: { kind: 'completed', value: 1 }, takenCount: 1 }, ['a:heard: completed)']],
    [
      'completed later',
      { outcome: { kind: 'completed', value: 1 }, takenCount: 3 },
      ['asks', 'a:heard: completed)', 'a:earlier: completed)'],
    ],
    [
      'completed without children',
      { outcome: { kind: 'completed', value: 1 }, takenCount: 1, unended: [] },
      [],
    ],
    [
      'failed at once',
      { outcome: { kind: 'failed', error, reason: 'fatal' }, takenCount: 1 },
      ['a:heard: failed)'],
    ],
    [
      'failed later',
      { outcome: { kind: 'failed', error, reason: 'fatal' }, takenCount: 2 },
      ['asks', 'a:heard: failed)', 'a:earlier: failed)'],
    ],
    [
      'cancelled later',
      { outcome: { kind: 'cancelled', error }, takenCount: 2 },
      ['asks', 'a:heard: cancelled)', 'a:earlier: cancelled)'],
    ],
    ['retried', { outcome: { kind: 'retry', error, delayMs: 1 }, takenCount: 2 }, []],
    ['snoozed', { outcome: { kind: 'snoozed', error, delayMs: 1 }, takenCount: 2 }, []],
    ['released', { outcome: { kind: 'released', error }, takenCount: 2 }, []],
  ];

  it.each(cases)('of a task that has %s', async (_kind, given, log) => {
    expect((await setup(given)).log).toEqual(log);
  });

  it('says so when Redis does not tell of those of earlier attempts, and cancels the others', async () => {
    const { log, logger } = await setup({ outcome: { kind: 'completed', value: 1 }, takenCount: 2 }, true);

    expect(log).toEqual(['asks', 'a:heard: completed)']);
    expect(logger.warn).toHaveBeenCalledWith(
      'Children of earlier attempts could not be looked for; they run to their end',
      expect.objectContaining({ taskName: 'p:p', reason: 'Redis is away' }),
    );
  });
});
