import { describe, expect, it } from 'bun:test';
import { ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type ChildError } from './ChildError';
import { type ComposedHandler, chain, chord, group, type PartInput, type PartOutput } from './TaskChain';
import { call, noChildren, type TaskInput, type TaskOutput } from './TaskChildren';
import { defineTask } from './TaskDefinition';

// The compiler runs these tests: every @ts-expect-error that expects nothing is an error of its own.

/** True only if both types are the same, so that `any` equals nothing but itself. */
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const isSame = <A, B>(..._same: IsSame<A, B> extends true ? [] : [never]): void => undefined;

const measureTask = defineTask({
  queueName: 'texts:measure',
  schema: z.object({ text: z.string(), unit: z.enum(['words', 'letters']).default('words') }),
  handler: async ({ text }) => ok(text.length),
});

const nameTask = defineTask({
  queueName: 'texts:name',
  schema: z.object({ text: z.string() }),
  output: z.object({ name: z.string() }),
  handler: async ({ text }) => ok({ name: text }),
});

const countTask = defineTask({
  queueName: 'numbers:count',
  schema: z.number(),
  handler: async (count) => ok(count > 0),
});

const bothTask = defineTask({
  queueName: 'both:join',
  schema: z.tuple([z.number(), z.object({ name: z.string() })]),
  handler: async ([count, { name }]) => ok(`${count} ${name}`),
});

const strictTask = defineTask({
  queueName: 'names:greet',
  schema: z.object({ name: z.string(), language: z.string() }),
  handler: async ({ name, language }) => ok(`${name} ${language}`),
});

const never = async (): Promise<void> => {
  isSame<TaskInput<typeof nameTask>, { text: string }>();
  isSame<TaskOutput<typeof nameTask>, { name: string }>();
  const [measured, named] = await noChildren.run([
    [measureTask, { text: 'a' }],
    [nameTask, { text: 'b' }, { priority: 'high' }],
  ]);
  isSame<typeof measured, Result<number, ChildError>>();
  isSame<typeof named, Result<{ name: string }, ChildError>>();

  const list = await noChildren.run(['a', 'b'].map((text) => call(nameTask, { text })));
  isSame<(typeof list)[number], Result<{ name: string }, ChildError>>();

  // @ts-expect-error the payload is another task's
  await noChildren.run([[measureTask, { words: 1 }]]);
  // @ts-expect-error no payload
  await noChildren.run([[measureTask]]);
  // @ts-expect-error an option that is none
  await noChildren.run([[nameTask, { text: 'b' }, { prio: 'high' }]]);
  // @ts-expect-error the payload is another task's
  call(nameTask, { words: 1 });

  isSame<
    ReturnType<typeof chain<typeof measureTask>>,
    ComposedHandler<PartInput<typeof measureTask>, number>
  >();
  const counted = chain(measureTask, countTask);
  isSame<PartOutput<typeof counted>, boolean>();
  isSame<PartInput<typeof counted>, TaskInput<typeof measureTask>>();
  const grouped = group([measureTask, nameTask]);
  isSame<PartOutput<typeof grouped>, [number, { name: string }]>();
  const joined = chord(grouped, bothTask);
  isSame<PartOutput<typeof joined>, string>();
  const mixed = chain(nameTask, async ({ name }: { name: string }) => ok(name.length), countTask);
  isSame<PartOutput<typeof mixed>, boolean>();
  const nested = chain(
    chain(nameTask),
    ({ name }: { name: string }) => ok({ name, language: 'en' }),
    strictTask,
  );
  isSame<PartOutput<typeof nested>, string>();

  // @ts-expect-error a boolean is no name
  chain(countTask, nameTask);
  // @ts-expect-error it gives less than the next part takes
  chain(nameTask, strictTask);
  // @ts-expect-error the second link does not fit
  chain(measureTask, countTask, nameTask);
  // @ts-expect-error the values of the group are no number
  chord(grouped, countTask);

  defineTask({ queueName: 'a:b', schema: z.object({ text: z.string() }), handler: chain(nameTask) });
  // @ts-expect-error the chain takes an object
  defineTask({ queueName: 'a:b', schema: z.number(), handler: chain(nameTask) });
};

describe('the types of children and chains', () => {
  it('are checked by the compiler', () => {
    expect(never).toBeInstanceOf(Function);
  });
});
