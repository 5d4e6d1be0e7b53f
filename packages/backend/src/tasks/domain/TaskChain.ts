import { err, ok, type Result } from 'neverthrow';
import { ChildError, type ChildErrorCode } from './ChildError';
import { toNoResult } from './HandlerReturn';
import { isResult } from './isResult';
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
  return inOrder(parts);
}

const inOrder =
  (parts: readonly ChainPart[]): AnyHandler =>
  async (payload: unknown, context): Promise<Result<unknown, Error>> => {
    let value = payload;
    for (const part of parts) {
      const result = await runPart(part, value, context);
      if (result.isErr()) return result;
      value = result.value;
    }
    return ok(value);
  };

/** Makes a handler that runs parts side by side, all with the same input, and answers their values in order, or the first error. */
export const group =
  <const Parts extends readonly ChainPart[]>(
    parts: Parts,
  ): ComposedHandler<GroupInput<Parts>, GroupOutput<Parts>> =>
  async (payload, context) => {
    const results = await Promise.all(parts.map((part) => runPart(part, payload, context)));
    const values: unknown[] = [];
    for (const result of results) {
      if (result.isErr()) return err(result.error);
      values.push(result.value);
    }
    return ok(values as GroupOutput<Parts>); // one value for each part
  };

/** Makes a handler that runs a group, and then a part with the list of its values. */
export const chord = <Head extends ChainPart, Then extends ChainPart>(
  head: Head,
  then: Then & Following<NoInfer<Head>, NoInfer<Then>>,
): ComposedHandler<PartInput<Head>, PartOutput<Then>> =>
  inOrder([head, then]) as ComposedHandler<PartInput<Head>, PartOutput<Then>>; // its parts, in its order

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
