import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { statsQueryProblems } from './StatsQuery';

const registry = createTaskRegistry([
  defineTask({ queueName: 'emails:send', schema: z.unknown(), handler: () => ok(1) }),
]);

describe('statsQueryProblems', () => {
  it.each([{}, { name: 'emails:send' }, { windowMs: 1000 }])('accepts %j', (query) => {
    expect(statsQueryProblems(query, registry)).toEqual([]);
  });

  it.each([
    [undefined, 'expected the query to be an object, got undefined'],
    [{ window: 1 }, 'unknown option window. Did you mean "windowMs"?'],
    [{ windowMs: 999 }, 'expected windowMs to be an integer from 1000 to 315360000000, got 999'],
    [
      { name: 'emails:sen' },
      'expected name to be the name of a task: no task is named "emails:sen". Did you mean "emails:send"?',
    ],
  ])('refuses %j', (query, message) => {
    expect(statsQueryProblems(query, registry)).toEqual([message]);
  });
});
