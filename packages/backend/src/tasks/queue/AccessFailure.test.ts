import { describe, expect, it } from 'bun:test';
import { DeadlineError } from '@backend/deadline/settleWithin';
import { describeAccessFailure, UnreachableError } from './AccessFailure';
import { PublishError } from './publish';

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe('describeAccessFailure', () => {
  const cases: [error: Error, words: string][] = [
    [named('ReplyError', 'OOM command not allowed'), 'Redis refused: OOM command not allowed'],
    [
      named('ReplyError', 'CLUSTERDOWN Hash slot not served'),
      'Redis refused: CLUSTERDOWN Hash slot not served',
    ],
    [new DeadlineError('no answer within 2000 ms'), 'Redis does not answer: no answer within 2000 ms'],
    [new UnreachableError('nothing answers'), 'Redis does not answer: nothing answers'],
    [new Error('Connection is closed.'), 'Redis does not answer: Connection is closed.'],
    [
      new Error("Stream isn't writeable and enableOfflineQueue options is false"),
      'Redis does not answer: it is not reachable',
    ],
    [
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
      'Redis does not answer: read ECONNRESET',
    ],
    [named('MaxRetriesPerRequestError', 'Reached the max'), 'Redis does not answer: Reached the max'],
    [new PublishError('Redis refused the task: OOM', { code: 'refused' }), 'Redis refused the task: OOM'],
    [new TypeError('x is undefined'), 'the call failed: x is undefined'],
    [new Error('invalid time zone: Mars/Phobos'), 'the call failed: invalid time zone: Mars/Phobos'],
  ];

  it.each(cases)('tells who is at fault: %s', (error, words) => {
    expect(describeAccessFailure(error)).toBe(words);
  });
});
