import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { type EntityHooks } from '@backend/services/shared/ServiceHooks';
import { type User, type UserId } from '@core/domain/user/user';
import { validate } from '@core/validation/validate';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { composeHooks } from './composeHooks';
import { createTaskTriggerHooks, type TaskTriggerHooks } from './createTaskTriggerHooks';

// The compiler runs these tests: every @ts-expect-error that expects nothing is an error of its own.

const welcomeSchema = z.object({ userId: z.string(), copies: z.number().default(1) });
const welcomeTask = defineTask({ queueName: 'a:welcome', schema: welcomeSchema, handler: () => ok(1) });
const checkedTask = defineTask({
  queueName: 'a:checked',
  validator: (data) => validate(z.object({ userId: z.string() }), data),
  handler: () => ok(1),
});
const auditTask = defineTask({
  queueName: 'a:audit',
  schema: z.object({
    event: z.enum(['create', 'update', 'delete']),
    resource: z.string(),
    data: z.object({ email: z.string() }),
    userId: z.string().optional(),
  }),
  handler: () => ok(1),
});
const countTask = defineTask({
  queueName: 'a:count',
  schema: z.object({ event: z.string(), data: z.number() }),
  handler: () => ok(1),
});

const parts = { scheduler: getMockedTaskScheduler(), logger: silentLogger };

/** The kind of entity comes from where the hooks are used. */
const fromUse = (): TaskTriggerHooks<User>[] => [
  createTaskTriggerHooks({
    ...parts,
    onCreate: [
      {
        task: welcomeTask,
        when: (user) => user.email !== '',
        transform: (user, { userId }) => ({ userId: userId ?? user.id }),
      },
      { task: checkedTask, transform: ({ id }) => ({ userId: id }) },
      { task: auditTask, delayMs: 1000 },
    ],
    onUpdate: [{ task: auditTask, when: (_user, { changes }) => changes.email !== undefined }],
    onDelete: [{ task: auditTask }],
  }),
  createTaskTriggerHooks({
    ...parts,
    onCreate: [
      // @ts-expect-error a field of the payload is missing
      { task: welcomeTask, transform: ({ email }) => ({ email }) },
      // @ts-expect-error a field of the payload has another type
      { task: checkedTask, transform: () => ({ userId: 7 }) },
      // @ts-expect-error a user has no such field
      { task: checkedTask, transform: (user) => ({ userId: user.nickname }) },
      // @ts-expect-error the task takes another payload than the default one
      { task: welcomeTask },
      // @ts-expect-error the entity does not fit the task's `data`
      { task: countTask },
      // @ts-expect-error a condition answers at once
      { task: auditTask, when: async () => true },
      // @ts-expect-error a transformation answers at once
      { task: checkedTask, transform: async ({ id }) => ({ userId: id }) },
      // @ts-expect-error a delay is a number
      { task: auditTask, delayMs: '1000' },
      // @ts-expect-error a name is no task
      { task: 'a:audit' },
    ],
  }),
];

/** The kind of entity comes from a parameter. */
const fromParameter = createTaskTriggerHooks({
  ...parts,
  onCreate: [
    { task: welcomeTask, transform: (user: User) => ({ userId: user.id }) },
    { task: auditTask, when: ({ email }) => email !== '' },
  ],
});

const composed = (): EntityHooks<UserId, User>[] => [
  fromParameter,
  composeHooks<UserId, User, { email: string; name: string }, object>(fromParameter, {
    beforeCreate: (data) => ok({ ...data, email: data.email.toLowerCase() }),
  }),
  {
    beforeCreate: async (data) => ok({ ...data, name: data.name.trim() }),
    beforeUpdate: (changes, { id }) => ok({ ...changes, name: id }),
    afterDelete: () => ok(),
    // @ts-expect-error what comes before a delete has nothing to store
    beforeDelete: () => ok({ email: 'x' }),
  },
  {
    // @ts-expect-error a hook answers a Result
    beforeCreate: (data) => data,
    // @ts-expect-error what is stored must be complete
    beforeUpdate: () => ok({ email: 7 }),
  },
  // @ts-expect-error no such hook
  { onBeforeCreate: (data: unknown) => ok(data) },
  // @ts-expect-error hooks of another kind of entity
  createTaskTriggerHooks({
    ...parts,
    onCreate: [{ task: checkedTask, transform: (note: { text: string }) => ({ userId: note.text }) }],
  }),
];

describe('TaskTrigger types', () => {
  it('check what triggers schedule, and hold what the compiler has checked', () => {
    expect([fromUse, composed].every((cases) => typeof cases === 'function')).toBe(true);
  });
});
