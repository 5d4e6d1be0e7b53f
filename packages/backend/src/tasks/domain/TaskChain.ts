import { err, ok, type Result } from 'neverthrow';
import { ChildError, type ChildErrorCode } from './ChildError';
import { isRecord } from './fieldProblems';
import { toNoResult } from './HandlerReturn';
import { isResult } from './isResult';
import { showValue } from './numberRule';
import { notePartProblems, partProblemsOf } from './PartProblems';
import { type TaskInput, type TaskOutput } from './TaskChildren';
import { type TaskContext } from './TaskContext';
import { type HandlerResult, type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';

/** A handler that is made of parts; a `handler` of `defineTask`, and itself a part. */
export type ComposedHandler<Input, Output> = (
  payload: Input,
  context: TaskContext,
) => Promise<Result<Output, Error>>;

/**
 * A part of a chain or a group: a definition, which runs as a child, or a handler, which runs as it is. What a handler
 * gives is left open here, so that a chain inside a chain keeps its own type.
 */
export type ChainPart = TaskDefinition<unknown> | ((payload: never, context: TaskContext) => unknown);

/** What a part takes. */
export type PartInput<Part> = Part extends (payload: infer Input, context: TaskContext) => unknown
  ? Input
  : TaskInput<Part>;

/** What a part gives. */
export type PartOutput<Part> = Part extends (
  payload: never,
  context: TaskContext,
) => HandlerResult<infer Output>
  ? Output
  : TaskOutput<Part>;

/** Nothing to object to when a part takes what the one before it gives; otherwise a type that no part has. */
export type Following<Before, Next> = [PartOutput<Before>] extends [PartInput<Next>]
  ? unknown
  : { readonly 'this part does not take what the one before it gives': PartOutput<Before> };

/** The values of a group, in the order of its parts. */
export type GroupOutput<Parts extends readonly ChainPart[]> = {
  -readonly [Index in keyof Parts]: PartOutput<Parts[Index]>;
};

/** What every part of a group takes. */
export type GroupInput<Parts extends readonly ChainPart[]> = (
  Parts[number] extends infer Part
    ? Part extends ChainPart
      ? (input: PartInput<Part>) => void
      : never
    : never
) extends (input: infer Input) => void
  ? Input
  : never;

type AnyHandler = ComposedHandler<never, unknown>;

/**
 * Makes a handler that runs parts one after the other, each with what the one before it gave. The first that fails ends the
 * chain with its error; another attempt goes on at that part.
 *
 * @example
 * defineTask({ queueName: 'orders:place', schema, handler: chain(validateOrderTask, chargeCardTask, sendReceiptTask) });
 */
export function chain<A extends ChainPart>(a: A): ComposedHandler<PartInput<A>, PartOutput<A>>;
export function chain<A extends ChainPart, B extends ChainPart>(
  a: A,
  b: B & Following<NoInfer<A>, NoInfer<B>>,
): ComposedHandler<PartInput<A>, PartOutput<B>>;
export function chain<A extends ChainPart, B extends ChainPart, C extends ChainPart>(
  a: A,
  b: B & Following<NoInfer<A>, NoInfer<B>>,
  c: C & Following<NoInfer<B>, NoInfer<C>>,
): ComposedHandler<PartInput<A>, PartOutput<C>>;
export function chain<A extends ChainPart, B extends ChainPart, C extends ChainPart, D extends ChainPart>(
  a: A,
  b: B & Following<NoInfer<A>, NoInfer<B>>,
  c: C & Following<NoInfer<B>, NoInfer<C>>,
  d: D & Following<NoInfer<C>, NoInfer<D>>,
): ComposedHandler<PartInput<A>, PartOutput<D>>;
export function chain<
  A extends ChainPart,
  B extends ChainPart,
  C extends ChainPart,
  D extends ChainPart,
  E extends ChainPart,
>(
  a: A,
  b: B & Following<NoInfer<A>, NoInfer<B>>,
  c: C & Following<NoInfer<B>, NoInfer<C>>,
  d: D & Following<NoInfer<C>, NoInfer<D>>,
  e: E & Following<NoInfer<D>, NoInfer<E>>,
): ComposedHandler<PartInput<A>, PartOutput<E>>;
export function chain(...parts: readonly ChainPart[]): AnyHandler {
  return inOrder(parts, 'chain');
}

type Composition = 'chain' | 'group' | 'chord';

const inOrder = (parts: readonly ChainPart[], kind: Composition): AnyHandler =>
  composed(partProblems(parts, kind), async (payload: unknown, context) => {
    let value = payload;
    for (const part of parts) {
      const result = await runPart(part, value, context);
      if (result.isErr()) return result;
      value = result.value;
    }
    return ok(value);
  });

/** Makes a handler that runs parts side by side, all with the same input, and answers their values in order, or the first error. */
export const group = <const Parts extends readonly ChainPart[]>(
  parts: Parts,
): ComposedHandler<GroupInput<Parts>, GroupOutput<Parts>> =>
  composed(partProblems(parts, 'group'), async (payload, context) => {
    const results = await Promise.all(parts.map((part) => runPart(part, payload, context)));
    const values: unknown[] = [];
    for (const result of results) {
      if (result.isErr()) return err(result.error);
      values.push(result.value);
    }
    return ok(values as GroupOutput<Parts>); // one value for each part
  });

/** Makes a handler that runs a group, and then a part with the list of its values. */
export const chord = <Head extends ChainPart, Then extends ChainPart>(
  head: Head,
  then: Then & Following<NoInfer<Head>, NoInfer<Then>>,
): ComposedHandler<PartInput<Head>, PartOutput<Then>> =>
  inOrder([head, then], 'chord') as ComposedHandler<PartInput<Head>, PartOutput<Then>>; // its parts, in its order

/**
 * A handler that does nothing while one of its parts is wrong: the first may be a payment. Called in a definition it is refused
 * before, with the definition.
 */
const composed = <Input, Output>(
  problems: readonly string[],
  run: ComposedHandler<Input, Output>,
): ComposedHandler<Input, Output> =>
  notePartProblems(
    async (payload: Input, context: TaskContext) =>
      problems.length > 0 ? err(TaskError.fatal(problems.join('; '))) : run(payload, context),
    problems,
  );

const partProblems = (parts: unknown, kind: Composition): readonly string[] => {
  if (!Array.isArray(parts))
    return [`expected the parts of the ${kind} to be a list, got ${showValue(parts)}`];
  return Array.from(parts, problemsOfPart).flatMap((problems, index) =>
    problems.map((problem) => `part ${index + 1} of the ${kind}: ${problem}`),
  );
};

/** Modules that import each other in a circle see `undefined` in the place of a part. */
const problemsOfPart = (part: unknown): readonly string[] => {
  if (typeof part === 'function') return partProblemsOf(part);
  if (isRecord(part) && Array.isArray(part['problems']))
    return part['problems'].map((problem) => `${problem} (task ${showValue(part['queueName'])})`);
  const hint = part === undefined ? '; do the modules import each other in a circle?' : '';
  return [`expected a task definition or a handler, got ${showValue(part)}${hint}`];
};

const runPart = async (
  part: ChainPart,
  payload: unknown,
  context: TaskContext,
): Promise<Result<unknown, Error>> => {
  if (typeof part === 'function') {
    const returned: unknown = await part(payload as never, context); // the compiler has checked the links
    return isResult(returned) ? (returned as Result<unknown, Error>) : err(toNoResult(returned));
  }
  const [result] = await context.children.run([[part, payload]]);
  return result.mapErr(toPartError);
};

/** Trying again cannot mend a call that is refused, and must not undo what somebody decided. */
const FINAL_CODES: readonly ChildErrorCode[] = [
  'cancelled',
  'invalid-payload',
  'invalid-options',
  'invalid-task',
  'never-runs',
  'not-in-worker',
];

const toPartError = (error: ChildError): TaskError => {
  const { code, taskName, taskId, message } = error;
  const metadata = { code, taskName, ...(taskId === undefined ? {} : { taskId }) };
  const isFinal = FINAL_CODES.includes(code);
  return new TaskError(message, metadata, {
    cause: error,
    original: error,
    ...(isFinal ? { code: 'fatal' } : {}),
  });
};
