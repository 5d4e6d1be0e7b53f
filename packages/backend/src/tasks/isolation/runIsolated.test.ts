import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { emptyStepStore } from '../domain/emptyStepStore';
import { toTaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { ORDERS } from './IsolatedOrder';
import { type IsolatedProcess, type ProcessEnd } from './IsolatedProcess';
import { createLink, type LinkOptions } from './Link';
import { runIsolated } from './runIsolated';

const task = defineTask({
  queueName: 'emails:send',
  schema: z.object({}),
  handler: () => ok(),
  options: { isolate: true },
});

/** An attempt whose process is the test. */
const setup = () => {
  const ended = Promise.withResolvers<ProcessEnd>();
  const done: string[] = [];
  const sent: object[] = [];
  const held: { answer?: LinkOptions['answer'] } = {};
  const run = runIsolated(
    {
      task,
      payload: { to: 'ada' },
      context: toTaskContext(task.queueName),
      maxResultBytes: 100,
      appConfig: parseAppConfig({})._unsafeUnwrap(),
      ...{ steps: emptyStepStore, stepOwner: { taskName: task.queueName, taskId: '17' }, ancestors: [] },
      ...{
        tasks: [task],
        findHandle: () => {
          throw new Error('no handle is asked for');
        },
      },
    },
    (answer): IsolatedProcess => {
      held.answer = answer;
      const send = (message: object): void => {
        sent.push(message);
      };
      const link = createLink({ send, answer, onFault: () => undefined });
      const note = (what: string) => (): void => {
        done.push(what);
      };
      return { pid: 1, link, ended: ended.promise, release: note('release'), kill: note('kill') };
    },
  );
  const answer = (member: string) => held.answer?.(member, [], () => Promise.resolve());
  return { run, ended, done, sent, answer };
};

describe('runIsolated', () => {
  it('sends the order when the process listens, not before', async () => {
    const { sent, answer } = setup();
    await Promise.resolve();
    expect(sent).toEqual([]);
    answer(ORDERS.up);
    await Promise.resolve();
    await Promise.resolve();
    expect(sent).toMatchObject([
      { kind: 'ask', member: 'run', args: [{ taskName: 'emails:send', payload: { to: 'ada' } }] },
    ]);
  });

  it('says why a process could not be started', async () => {
    const { run, ended } = setup();
    ended.resolve({ exitCode: null, signal: null, startError: new Error('spawn EAGAIN') });
    expect((await run.result)._unsafeUnwrapErr()).toMatchObject({
      ...{ code: 'process-died', cause: { message: 'spawn EAGAIN' } },
      message: 'the isolated process of the task could not be started: spawn EAGAIN',
    });
  });

  it('lets go of the process with the result, and is over when it is gone', async () => {
    const { run, ended, done } = setup();
    ended.resolve({ exitCode: 1, signal: null });
    await run.over;
    expect(done).toEqual(['release']);
  });
});
