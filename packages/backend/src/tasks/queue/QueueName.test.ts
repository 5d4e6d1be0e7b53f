import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { toQueueKey, toQueueName, toTaskName } from './QueueName';

describe('toQueueName', () => {
  it.each([
    ['emails:send', '{emails.send}'],
    ['a:b:c-d_e', '{a.b.c-d_e}'],
    ['plain', '{plain}'],
  ])('translates %s to %s', (taskName, queueName) => {
    expect(toQueueName(taskName)).toBe(queueName);
  });

  it('never holds a colon, and gives the name back', () => {
    const taskNames = fc.stringMatching(/^[A-Za-z0-9_-]{1,5}(:[A-Za-z0-9_-]{1,5}){0,3}$/);

    fc.assert(
      fc.property(taskNames, (taskName) => {
        expect(toQueueName(taskName)).not.toContain(':');
        expect(toTaskName(toQueueName(taskName))).toBe(taskName);
      }),
    );
  });
});

describe('toTaskName', () => {
  it('reads the name of a queue without a hash tag too', () => {
    expect(toTaskName('emails.send')).toBe('emails:send');
  });
});

describe('toQueueKey', () => {
  it('puts the prefix before the name, as BullMQ does', () => {
    expect(toQueueKey('drover', 'emails:send')).toBe('drover:{emails.send}');
  });
});
