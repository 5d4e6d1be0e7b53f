import { describe, expect, it } from 'bun:test';
import { taskNameProblems } from './TaskName';

describe('taskNameProblems', () => {
  it.each([
    'a',
    'emails:send',
    'users:send-welcome-email',
    'A_1:b-2:c',
    'wait',
    '__proto__',
    'x'.repeat(128),
  ])('accepts %s', (name) => {
    expect(taskNameProblems(name)).toEqual([]);
  });

  it.each(['', 'emails.send', 'emails::send', ':send', 'send:', 'send mail', 'send\n', '{send}', 'é'])(
    'refuses %j and shows it',
    (name) => {
      expect(taskNameProblems(name)).toEqual([
        `expected queueName to be parts of A-Z a-z 0-9 _ - joined by ":", got ${JSON.stringify(name)}`,
      ]);
    },
  );

  it('refuses a name of more than 128 characters', () => {
    expect(taskNameProblems('x'.repeat(129))).toEqual([
      'expected queueName to have at most 128 characters, got 129',
    ]);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'object'],
    [7, 'number'],
  ])('refuses %p, which is no string', (name, type) => {
    expect(taskNameProblems(name)).toEqual([`expected queueName to be a string, got ${type}`]);
  });
});
