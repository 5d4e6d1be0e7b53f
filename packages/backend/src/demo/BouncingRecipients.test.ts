import { describe, expect, it } from 'bun:test';
import { sendWelcomeEmailTask } from '../services/users/tasks/sendWelcomeEmailTask';
import { createBouncingRecipients, slowRefusalCount } from './BouncingRecipients';

const replies = (address: string, count: number): (number | undefined)[] => {
  const decide = createBouncingRecipients();
  return Array.from({ length: count }, () => decide(address)?.responseCode);
};

describe('createBouncingRecipients', () => {
  it.each([
    ['ada@example.test', [undefined, undefined, undefined]],
    ['ada+slow@example.test', [451, 451, undefined, undefined]],
    ['ada+gone@example.test', [450, 450, 450, 450]],
    ['slow@example.test', [undefined]],
  ])('answers the attempts for %s with %j', (address, expected) => {
    expect(replies(address, expected.length)).toEqual(expected);
  });

  it('counts the attempts of each address apart', () => {
    const decide = createBouncingRecipients();
    const codes = [
      'a+slow@example.test',
      'b+slow@example.test',
      'A+slow@example.test',
      'a+slow@example.test',
    ];
    expect(codes.map((address) => decide(address)?.responseCode)).toEqual([451, 451, 451, undefined]);
  });

  it('lets the last attempt of a welcome mail pass', () => {
    expect(sendWelcomeEmailTask.options.maxAttempts).toBe(slowRefusalCount + 1);
  });
});
