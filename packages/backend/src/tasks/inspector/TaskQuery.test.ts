import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { TASK_STATUSES } from '../domain/TaskStatus';
import { toTaskCursor } from './TaskCursor';
import { taskQueryProblems } from './TaskQuery';

const registry = createTaskRegistry([
  defineTask({ queueName: 'emails:send', schema: z.unknown(), handler: () => ok(1) }),
]);
const [early, late] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')];
const statuses = TASK_STATUSES.join(', ');

describe('taskQueryProblems', () => {
  it.each([
    ['nothing', {}],
    ['one status', { status: 'failed' }],
    ['all statuses', { status: TASK_STATUSES }],
    ['a known name', { name: 'emails:send' }],
    ['a user and a correlation ID', { userId: UserId(), correlationId: CorrelationId() }],
    ['a schedule and a text', { scheduleId: 'nightly:reports', text: '100 % \\' }],
    ['the longest text', { text: 'x'.repeat(1000) }],
    ['a range', { createdAfter: early, createdBefore: late }],
    ['a range of one moment', { createdAfter: early, createdBefore: early }],
    ['the smallest page', { limit: 1 }],
    ['the largest page', { limit: 1000 }],
    ['a cursor', { cursor: toTaskCursor({ id: '1', name: 'emails:send' }) }],
  ])('accepts %s', (_what, query) => {
    expect(taskQueryProblems(query, registry)).toEqual([]);
  });

  it.each([
    ['faild', 'expected status to be at least one of {}, got "faild". Did you mean "failed"?'],
    [[], 'expected status to be at least one of {}, got []'],
    [['failed', 7], 'expected status to be at least one of {}, got 7.'],
  ])('refuses the status %j', (status, message) => {
    expect(taskQueryProblems({ status }, registry)).toEqual([message.replace('{}', statuses)]);
  });

  it.each([
    [7, 'expected the query to be an object, got 7'],
    [[], 'expected the query to be an object, got []'],
    [{ limits: 1 }, 'unknown option limits. Did you mean "limit"?'],
    [
      { name: 'emails:sent' },
      'expected name to be the name of a task: no task is named "emails:sent". Did you mean "emails:send"?',
    ],
    [{ name: 7 }, 'expected name to be the name of a task, got 7'],
    [{ userId: 'ada' }, 'expected userId to be a user id (a UUID), got "ada"'],
    [{ parentId: 'p1' }, 'expected parentId to be a task id (a UUID), got "p1"'],
    [
      { correlationId: 'two words' },
      'correlationId: expected CorrelationId to be 1..128 characters of A-Z a-z 0-9 . _ : -, got "two words"',
    ],
    [
      { scheduleId: 'every night' },
      'expected scheduleId to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got "every night"',
    ],
    [{ text: '' }, 'expected text to be a text of 1 to 1000 characters, got ""'],
    [{ text: 'x'.repeat(1001) }, 'expected text to be a text of 1 to 1000 characters, got 1001 characters'],
    [{ text: 7 }, 'expected text to be a text of 1 to 1000 characters, got 7'],
    [{ text: '\ud83d' }, 'expected text to have whole characters only, got half of one in "\\ud83d"'],
    [{ createdAfter: '2026' }, 'expected createdAfter to be a valid Date, got "2026"'],
    [
      { createdBefore: new Date(Number.NaN) },
      'expected createdBefore to be a valid Date, got an invalid date',
    ],
    [
      { createdAfter: late, createdBefore: early },
      'expected createdAfter to be no later than createdBefore (2026-01-01T00:00:00.000Z), got 2026-01-02T00:00:00.000Z',
    ],
    [{ limit: 0 }, 'expected limit to be an integer from 1 to 1000, got 0'],
    [{ limit: 1001 }, 'expected limit to be an integer from 1 to 1000, got 1001'],
    [{ limit: '10' }, 'expected limit to be an integer from 1 to 1000, got "10"'],
    [{ cursor: 'abc' }, 'expected cursor to be the nextCursor of a page, got "abc"'],
  ])('refuses %j', (query, message) => {
    expect(taskQueryProblems(query, registry)).toEqual([message]);
  });

  it('lists everything that is wrong', () => {
    expect(taskQueryProblems({ status: 'no', limit: -1, cursor: 1 }, registry)).toHaveLength(3);
  });
});
