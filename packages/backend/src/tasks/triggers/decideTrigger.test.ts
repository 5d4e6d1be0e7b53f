import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { ok, okAsync } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { decideTrigger } from './decideTrigger';
import { type AnyTrigger } from './TaskTrigger';

const task = defineTask({ queueName: 'audit:note', schema: z.unknown(), handler: () => ok(1) });
const data = { id: 'n1', text: 'hello' };
const context = { resource: 'notes', correlationId: CorrelationId('request-1') };
const occasion = { event: 'update', resource: 'notes', data, context } as const;
const boom = new Error('boom');
const thrower = () => {
  throw boom;
};

const decide = (rules: Omit<AnyTrigger, 'task'>) => decideTrigger({ ...rules, task }, occasion);

describe('decideTrigger', () => {
  it('schedules the event, the resource and the entity', () => {
    expect(decide({})._unsafeUnwrap()).toEqual({
      kind: 'schedule',
      payload: { event: 'update', resource: 'notes', data },
    });
  });

  it('adds the user who wrote', () => {
    const userId = UserId();
    const decided = decideTrigger({ task }, { ...occasion, context: { ...context, userId } });

    expect(decided._unsafeUnwrap()).toEqual({
      kind: 'schedule',
      payload: { event: 'update', resource: 'notes', data, userId },
    });
  });

  it('schedules what transform makes of the entity', () => {
    const given: unknown[] = [];
    const transform = (...args: unknown[]) => {
      given.push(...args);
      return { noteId: 'n1' };
    };

    expect(decide({ transform })._unsafeUnwrap()).toEqual({ kind: 'schedule', payload: { noteId: 'n1' } });
    expect(given).toEqual([data, context]);
  });

  it('schedules when the condition is met, and nothing otherwise', () => {
    const given: unknown[] = [];
    const when = (...args: unknown[]) => {
      given.push(...args);
      return true;
    };

    expect(decide({ when })._unsafeUnwrap().kind).toBe('schedule');
    expect(given).toEqual([data, context]);
    expect(decide({ when: () => false, transform: thrower })._unsafeUnwrap()).toEqual({ kind: 'skip' });
  });

  const failures: [what: string, rules: Omit<AnyTrigger, 'task'>, code: string, reason: string][] = [
    ['when throws', { when: thrower }, 'condition-failed', 'when threw: boom'],
    [
      'when answers a promise',
      { when: async () => false },
      'condition-failed',
      'expected when to answer true or false, got a promise',
    ],
    [
      'when answers a promise that rejects',
      { when: async () => thrower() },
      'condition-failed',
      'expected when to answer true or false, got a promise',
    ],
    [
      'when answers a text',
      { when: () => 'no' },
      'condition-failed',
      'expected when to answer true or false, got "no"',
    ],
    ['transform throws', { transform: thrower }, 'transform-failed', 'transform threw: boom'],
    [
      'transform answers a promise',
      { transform: async () => thrower() },
      'transform-failed',
      'expected transform to answer a payload, got a promise',
    ],
    [
      'transform answers a promise of another make',
      { transform: () => okAsync({ noteId: 'n1' }) },
      'transform-failed',
      'expected transform to answer a payload, got a promise',
    ],
  ];

  it.each(failures)('fails when %s', (_what, rules, code, reason) => {
    expect(decide(rules)._unsafeUnwrapErr()).toMatchObject({
      name: 'TriggerError',
      code,
      message: `the update of notes is done, but did not trigger audit:note: ${reason}`,
      metadata: { event: 'update', resource: 'notes', taskName: 'audit:note' },
    });
  });

  it.each([
    ['when', { when: async () => thrower() }],
    ['transform', { transform: async () => thrower() }],
  ])('leaves no rejection of %s to end the process', async (_what, rules) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    decide(rules);
    await new Promise((resolve) => setImmediate(resolve)); // such an event comes after all that waits
    process.off('unhandledRejection', note);

    expect(unhandled).toEqual([]);
  });

  it('keeps what was thrown', () => {
    expect(decide({ when: thrower })._unsafeUnwrapErr().cause).toBe(boom);
    expect(decide({ transform: thrower })._unsafeUnwrapErr().cause).toBe(boom);
  });
});
