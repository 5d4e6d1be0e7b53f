import { describe, expect, it } from 'bun:test';
import { isPriority, type Priority, toPriorityNumber } from './Priority';

const priorities: [priority: Priority, number: number][] = [
  ['low', 10],
  ['normal', 50],
  ['high', 75],
  ['critical', 100],
  [0, 0],
  [1, 1],
  [100, 100],
];

describe('toPriorityNumber', () => {
  it.each(priorities)('translates %p to %i', (priority, number) => {
    expect(toPriorityNumber(priority)).toBe(number);
  });
});

describe('isPriority', () => {
  it.each(priorities)('accepts %p', (priority) => {
    expect(isPriority(priority)).toBe(true);
  });

  it.each([
    -1,
    101,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '50',
    'High',
    'urgent',
    'constructor',
    '',
    null,
    undefined,
    {},
    10n,
  ])('refuses %p', (value) => {
    expect(isPriority(value)).toBe(false);
  });
});
