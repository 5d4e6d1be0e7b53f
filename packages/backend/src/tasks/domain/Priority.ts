import { showValue } from './numberRule';

/** The words for a priority and what they stand for; higher runs first. */
export const PRIORITIES = { low: 10, normal: 50, high: 75, critical: 100 } as const;

/** A word, or a whole number from 0 to 100; higher runs first. Default: `'normal'` (50). */
export type Priority = keyof typeof PRIORITIES | number;

const isWord = (value: unknown): value is keyof typeof PRIORITIES =>
  typeof value === 'string' && Object.hasOwn(PRIORITIES, value);

/** Translates a priority to its number, 0 to 100. */
export const toPriorityNumber = (priority: Priority): number =>
  isWord(priority) ? PRIORITIES[priority] : priority;

/** Says whether a value is a priority: one of the words, or a whole number from 0 to 100. */
export const isPriority = (value: unknown): value is Priority =>
  isWord(value) || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100);

/** Says what is wrong with a priority, or nothing. */
export const priorityProblems = (priority: unknown): string[] =>
  priority === undefined || isPriority(priority)
    ? []
    : [
        `expected priority to be low, normal, high, critical or an integer from 0 to 100, got ${showValue(priority)}`,
      ];
