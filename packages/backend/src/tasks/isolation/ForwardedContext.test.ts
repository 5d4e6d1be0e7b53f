import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { emptyStepStore } from '../domain/emptyStepStore';
import { resolveFrom } from '../domain/ResourceToken';
import { toTaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { answerForwarded, toCarriedContext, toChildContext, toChildLogger } from './ForwardedContext';

const noWork = () => Promise.resolve();
const getSteps = () => {
  throw new Error('no step is called');
};
const silentLink = {
  ask: () => Promise.resolve(),
  tell: () => undefined,
  receive: () => undefined,
  close: () => undefined,
};

describe('toChildContext', () => {
  it('has every part of the context it was made of', () => {
    const context = toTaskContext('emails:send', { metadata: { a: 1 } });
    const { signal } = new AbortController();
    const travelled = JSON.parse(JSON.stringify(toCarriedContext(context)));
    const child = toChildContext(travelled, silentLink, {
      signal,
      logger: toChildLogger(silentLink),
      resolve: resolveFrom([]),
      getSteps,
    });
    expect(Object.keys(child).sort()).toEqual(Object.keys(context).sort());
    expect(JSON.stringify(Object.entries(child).sort())).toBe(JSON.stringify(Object.entries(context).sort()));
    expect(child.scheduledAt).toEqual(context.scheduledAt);
    expect(child.signal).toBe(signal);
  });
});

describe('a handler in a process of its own', () => {
  it('is told that it schedules no tasks', async () => {
    const { schedule, children } = toChildContext({}, silentLink, {
      signal: new AbortController().signal,
      logger: toChildLogger(silentLink),
      resolve: resolveFrom([]),
      getSteps,
    });
    const task = defineTask({ queueName: 'a:b', schema: z.object({}), handler: () => ok() });
    const scheduled = await schedule(task, {});
    const [child] = await children.run([[task, {}]]);

    expect([scheduled._unsafeUnwrapErr(), child._unsafeUnwrapErr()].map(({ message }) => message)).toEqual(
      [1, 2].map(() => expect.stringContaining('an isolated handler schedules no tasks')),
    );
  });
});

describe('answerForwarded', () => {
  it.each(['signal', 'taskId', 'constructor', 'nothing'])(
    'refuses %s, which is no member a worker does',
    (member) => {
      const context = toTaskContext('emails:send');
      expect(() => answerForwarded({ context, steps: emptyStepStore }, member, [], noWork)).toThrow(
        `an isolated attempt asked for ${member}, which a worker does not do`,
      );
    },
  );
});
