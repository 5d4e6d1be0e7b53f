import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type RecurringRule, recurringRuleProblems } from './RecurringRule';
import { defineTask } from './TaskDefinition';
import { createTaskRegistry } from './TaskRegistry';

describe('recurringRuleProblems', () => {
  it.each([
    [undefined],
    [{ everyMs: 1000 }],
    [{ cron: '0 9 * * 1', timezone: 'Europe/Berlin', payload: { n: 1 }, missed: 'skip', overlap: 'skip' }],
  ])('accepts %j', (rule) => {
    expect(recurringRuleProblems(rule)).toEqual([]);
  });

  const refused: [rule: unknown, problems: string[]][] = [
    [true, ['expected recurring to be an object, got true']],
    [{}, ['expected exactly one of recurring.everyMs and recurring.cron, got neither']],
    [{ everyMs: 1 }, ['expected recurring.everyMs to be an integer from 1000 to 315360000000, got 1']],
    [
      { cron: '0 0 * * *', timezone: 'Mars/Phobos' },
      ['expected recurring.timezone to be an IANA time zone, got "Mars/Phobos"'],
    ],
    [
      { everyMs: 1000, missed: 'all', id: 'x' },
      ['unknown option recurring.id.', 'expected recurring.missed to be one of once, skip, got "all"'],
    ],
  ];

  it.each(refused)('refuses %j', (rule, problems) => {
    expect(recurringRuleProblems(rule)).toEqual(problems);
  });

  it('is asked by the definition', () => {
    const recurring = { everyMs: 1 } as const;
    const { problems } = defineTask({
      queueName: 'a:b',
      schema: z.object({}),
      handler: () => ok(),
      options: { recurring },
    });

    expect(problems).toEqual([
      'expected recurring.everyMs to be an integer from 1000 to 315360000000, got 1',
    ]);
  });
});

describe('createTaskRegistry', () => {
  const registryOf = (recurring: RecurringRule) => () =>
    createTaskRegistry([
      defineTask({
        queueName: 'a:b',
        schema: z.object({ n: z.number() }),
        handler: () => ok(),
        options: { recurring },
      }),
    ]);

  it('accepts a recurring payload that its schema accepts', () => {
    expect(registryOf({ everyMs: 1000, payload: { n: 1 } })).not.toThrow();
  });

  it.each([
    [{ everyMs: 1000 }, 'n: Invalid input'],
    [{ everyMs: 1000, payload: { n: 'one' } }, 'n: Invalid input'],
  ])('refuses a schedule whose runs would all fail: %j', (recurring, reason) => {
    expect(registryOf(recurring)).toThrow(
      `expected recurring.payload to be a payload of the task: expected valid data: ${reason}`,
    );
    expect(registryOf(recurring)).toThrow('(task a:b)');
  });

  it('refuses a recurring payload that JSON does not carry', () => {
    const anything = defineTask({
      queueName: 'a:b',
      schema: z.unknown(),
      handler: () => ok(),
      options: { recurring: { everyMs: 1000, payload: { n: 1n } } },
    });
    expect(() => createTaskRegistry([anything])).toThrow(
      'expected n to be something JSON carries unchanged, got a bigint',
    );
  });
});
