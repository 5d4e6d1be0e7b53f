import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskOptions } from '../../domain/TaskOptions';
import { createTestScheduler, type TestSchedulerOptions } from '../TestScheduler';

/** The payload of the task. */
export interface Item {
  readonly n: number;
  readonly to?: string | undefined;
}

/** What the task does. */
export type Handler = (item: Item, context: TaskContext, run: number) => unknown;

/** A scheduler whose clock begins in 2030, and a task; `runs` are the items that ran. */
export const setupTestScheduler = ({
  handler = () => ok(),
  options = {},
  ...schedulerOptions
}: { handler?: Handler; options?: TaskOptions<Item> } & TestSchedulerOptions = {}) => {
  const runs: Item[] = [];
  const task: TaskDefinition<Item> = defineTask({
    queueName: 'mails:send',
    schema: z.object({ n: z.number(), to: z.string().optional() }),
    handler: async (item, context) => {
      runs.push(item);
      return (await handler(item, context, runs.length)) as never; // what the test says
    },
    options,
  });
  const scheduler = createTestScheduler({ now: new Date('2030-01-01'), patienceMs: 10, ...schedulerOptions });
  const call = async (item: Item, given = {}) =>
    (await scheduler.schedule(CorrelationId('request-1'), task, item, given))._unsafeUnwrap();
  return { task, scheduler, call, runs };
};
