import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { defineTask } from '../domain/TaskDefinition';
import { bareEnvelope } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { type ChildStore, type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type JobInput } from '../queue/TaskQueues';
import { idlePowers } from './__fixtures__/idlePowers';
import { createAttemptFamily } from './AttemptFamily';
import { type TaskFamily } from './TaskFamily';

const task = defineTask({
  queueName: 'a:b',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => ok(n),
});

const userId = UserId();

/** The family of an attempt whose children are scheduled and never end. */
const setup = (store: Partial<ChildStore> = {}) => {
  const published: JobInput[] = [];
  const scheduled: unknown[] = [];
  const log: string[] = [];
  const port = {
    appConfig: parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap(),
    draining: new AbortController().signal,
    publish: async (job: JobInput) => {
      published.push(job);
      return ok(job.id);
    },
    schedule: async ({ options }: { readonly options: ScheduleOptions }) => void scheduled.push(options),
    ends: { wait: () => new Promise(() => undefined) },
  };
  const claim: ChildStore['claim'] = async (claims) => claims.map(({ child }) => child);
  const delivery = {
    ...idlePowers,
    taskId: TaskId(),
    attemptsMade: 0,
    children: { ...idlePowers.children, claim, ...store },
  };
  const family = createAttemptFamily(
    {
      delivery: delivery as unknown as Delivery, // the part that is used
      task: { queueName: 'p:p' },
      envelope: { ...bareEnvelope({}, 'p:p'), userId },
      environment: { family: port as unknown as TaskFamily, now: () => new Date() }, // the part that is used
    },
    {
      getSignal: () => new AbortController().signal,
      clock: { stand: () => void log.push('stand'), go: () => void log.push('go') },
      interrupt: () => void log.push('interrupt'),
    },
  );
  return { family, published, scheduled, log };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

const late = 'expected ctx.children.run to be awaited, got the end of the handler first';

describe('createAttemptFamily', () => {
  it('ends the runs that a handler did not wait for, and names their children', async () => {
    const { family, published } = setup();
    const running = family.children().run([[task, { n: 1 }]]);
    await turn();
    const left = family.end();

    expect(running).rejects.toThrow(late);
    expect(left).toEqual([{ id: published[0]?.id as TaskId, name: 'a:b', round: 0 }]);
  });

  it('schedules no child after the end of the handler', async () => {
    const claimed = Promise.withResolvers<readonly StoredChild[]>();
    const { family, published } = setup({ claim: () => claimed.promise });
    const children = family.children();
    const running = children.run([[task, { n: 1 }]]);
    family.end();
    claimed.resolve([{ id: TaskId(), name: 'a:b', round: 0 }]);

    expect(running).rejects.toThrow(late);
    expect(children.run([[task, { n: 2 }]])).rejects.toThrow(late);
    expect(family.children().run([[task, { n: 3 }]])).rejects.toThrow(late);
    await turn();
    expect(published).toEqual([]);
  });

  const owners: [what: string, options: unknown, asked: unknown][] = [
    ['none', undefined, { userId }],
    ['other options', { delayMs: 1 }, { delayMs: 1, userId }],
    ['a user that is undefined', { userId: undefined }, { userId }],
    ['another user', { userId: 'u2' }, { userId: 'u2' }],
    ['no object, for the check to refuse', null, null],
  ];

  it.each(owners)(
    'gives a task the user of its parent when its options are %s',
    async (_what, options, asked) => {
      const { family, scheduled } = setup();
      await family.schedule(task, { n: 1 }, options as ScheduleOptions);

      expect(scheduled).toEqual([asked]);
    },
  );
});
