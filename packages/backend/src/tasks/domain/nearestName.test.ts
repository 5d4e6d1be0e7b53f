import { describe, expect, it } from 'bun:test';
import { nearestName, suggestion } from './nearestName';

const known = ['emails:send', 'users:send-welcome-email', 'data:process-batch', 'abcdefghij', 'cat'];

describe('nearestName', () => {
  it.each([
    ['email:send', 'emails:send'],
    ['users:sendWelcomeEmail', 'users:send-welcome-email'],
    ['data:process_batch', 'data:process-batch'],
    ['abcdefXXXX', 'abcdefghij'],
    ['abcdeXXXXX', undefined],
    ['caX', 'cat'],
    ['cXX', undefined],
    ['XXX', undefined],
    ['something:else-entirely', undefined],
    ['', undefined],
  ])('for %j finds %p', (unknown, nearest) => {
    expect(nearestName(unknown, known)).toBe(nearest);
  });

  it('finds nothing among nothing', () => {
    expect(nearestName('emails:send', [])).toBe(undefined);
  });
});

describe('suggestion', () => {
  it('asks whether the nearest name was meant', () => {
    expect(suggestion('email:send', known)).toBe(' Did you mean "emails:send"?');
  });

  it('says nothing when no name is near', () => {
    expect(suggestion('something:else-entirely', known)).toBe('');
  });
});
