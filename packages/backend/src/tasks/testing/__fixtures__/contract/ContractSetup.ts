import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../../../domain/ScheduleOptions';
import { type TaskContext } from '../../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../../domain/TaskDefinition';
import { type TaskOptions } from '../../../domain/TaskOptions';
import { type TaskRecord } from '../../../domain/TaskRecord';
import { type CreateSchedulerWorld } from '../SchedulerWorld';

/** The payload of the tasks of the contract. */
export interface Item {
  readonly n: number;
  readonly text?: string | undefined;
}

/** What such a task does; `run` counts all runs of a test. */
export type Handler = (item: Item, context: TaskContext, run: number) => unknown;

/** What the task of a test does, and by which rules. */
export interface Setup {
  readonly handler?: Handler;
  readonly options?: TaskOptions<Item>;
  readonly output?: z.ZodType<unknown>;
  /** Variables of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
}

const schema = z.object({ n: z.number(), text: z.string().optional() });

/** Whole times follow from the clock; ids are random. */
const FACTS = ['status', 'payload', 'attempt', 'maxAttempts', 'value', 'error'] as const;

const factsOf = (record: TaskRecord | undefined) =>
  Object.fromEntries(FACTS.flatMap((fact) => (record?.[fact] === undefined ? [] : [[fact, record[fact]]])));

/** Creates what sets a test of the contract up: a world with the tasks `contract:main` and `contract:other`; `runs` are the items that ran, in their order. */
export const createContractSetup =
  (createWorld: CreateSchedulerWorld) =>
  async ({ handler = () => ok(), options = {}, output, env }: Setup = {}) => {
    const runs: Item[] = [];
    const define = (queueName: string): TaskDefinition<Item> =>
      defineTask({
        queueName,
        schema,
        ...(output === undefined ? {} : { output }),
        handler: async (item, context) => {
          runs.push(item);
          return (await handler(item, context, runs.length)) as never; // what a handler must not return is tested too
        },
        options,
      });
    const [task, other] = [define('contract:main'), define('contract:other')];
    const world = await createWorld([task, other], env);
    const call = async (item: Item, given?: ScheduleOptions, definition = task) =>
      (await world.scheduler.schedule(CorrelationId(), definition, item, given))._unsafeUnwrap();
    const facts = async (id: string) => factsOf(await world.record(id));
    const runOne = async (item: Item = { n: 1 }, given?: ScheduleOptions) => {
      const { id } = await call(item, given);
      await world.pass(0);
      return facts(id);
    };
    return {
      world,
      task,
      other,
      runs,
      call,
      facts,
      runOne,
      ms: (ticks: number) => ticks * world.tickMs,
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  };

/** Sets one test of the contract up. */
export type ContractSetup = ReturnType<typeof createContractSetup>;
