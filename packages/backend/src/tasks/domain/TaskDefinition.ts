import { validate } from '@core/validation/validate';
import { err, type Result } from 'neverthrow';
import { type ZodType } from 'zod';
import { unknownFieldProblems } from './fieldProblems';
import { showValue } from './numberRule';
import { partProblemsOf } from './PartProblems';
import { recurringRuleProblems } from './RecurringRule';
import { type TaskContext, toTaskContext } from './TaskContext';
import { TaskError } from './TaskError';
import { taskNameProblems } from './TaskName';
import { type TaskOptions } from './TaskOptions';
import { taskOptionProblems } from './taskOptionProblems';

/** What a handler gives back: `ok(value)`, `err(new TaskError(...))`, or a promise of one. */
export type HandlerResult<Output> = Result<Output, Error> | PromiseLike<Result<Output, Error>>;

declare const inputType: unique symbol;

/**
 * A kind of task: its name, how its payload is checked, what runs, and how.
 * Methods rather than function fields, so that `TaskDefinition<P>` fits a plain list `TaskDefinition<unknown>[]`.
 */
export interface TaskDefinition<Payload = unknown, Output = unknown, Input = Payload> {
  /** `domain:action`; parts of letters, digits, `_` and `-` joined by `:`. Unique in the registry. */
  readonly queueName: string;
  readonly options: TaskOptions;
  /** The payload's schema, when the definition names one: the board builds its form from it. */
  readonly schema?: ZodType<Payload>;
  /** Checks what `ok` carries; a value that does not pass fails the task as `invalid-output`. */
  readonly output?: ZodType<Output>;
  /** Everything wrong with this definition, one sentence each; the registry and the scheduler refuse it. */
  readonly problems: readonly string[];
  /** Checks an unknown payload. */
  validator(data: unknown): Result<Payload, Error>;
  /** Runs the handler as given, in a context whose missing parts are filled in. Never retried, timed or stored. */
  handler(payload: Payload, context?: Partial<TaskContext>): Promise<Result<Output, Error>>;
  /**
   * Only for the compiler: what a scheduling call may give. A schema with defaults or transforms takes other data than
   * its handler gets.
   */
  [inputType]?(input: Input): void;
}

interface ValidatorSource<Payload> {
  /** Checks an unknown payload; `(data) => validate(schema, data)`. */
  validator(data: unknown): Result<Payload, Error>;
  schema?: undefined;
}

interface SchemaSource<Payload, Input> {
  validator?: undefined;
  /** A zod schema; the same as a validator made of it. */
  schema: ZodType<Payload, Input>;
}

/** What `defineTask` takes: exactly one of `validator` and `schema`. */
export type TaskSpecification<Payload, Output, Input = Payload> = (
  | ValidatorSource<Payload>
  | SchemaSource<Payload, Input>
) & {
  readonly queueName: string;
  readonly output?: ZodType<Output>;
  handler(payload: Payload, context: TaskContext): HandlerResult<Output>;
  readonly options?: TaskOptions<Payload>;
};

/** Nothing is known of what a validator accepts; then it is what its handler gets. */
type AcceptedInput<Payload, Input> = unknown extends Input ? Payload : Input;

const sourceProblems = ({ validator, schema }: { validator?: unknown; schema?: unknown }): string[] => {
  if ((validator === undefined) === (schema === undefined)) {
    return [
      `expected exactly one of validator and schema, got ${validator === undefined ? 'neither' : 'both'}`,
    ];
  }
  if (validator !== undefined && typeof validator !== 'function') {
    return [`expected validator to be a function, got ${showValue(validator)}`];
  }
  return schema === undefined ? [] : schemaProblems('schema', schema);
};

const schemaProblems = (field: string, schema: unknown): string[] =>
  typeof schema === 'object' && schema !== null && 'safeParse' in schema
    ? []
    : [`expected ${field} to be a zod schema, got ${showValue(schema)}`];

const SPECIFICATION_FIELDS = ['queueName', 'validator', 'schema', 'output', 'handler', 'options'];

const definitionProblems = (specification: Partial<TaskSpecification<never, unknown>>): string[] => [
  ...unknownFieldProblems(specification, SPECIFICATION_FIELDS),
  ...taskNameProblems(specification.queueName),
  ...sourceProblems(specification),
  ...(typeof specification.handler === 'function'
    ? partProblemsOf(specification.handler)
    : [`expected handler to be a function, got ${showValue(specification.handler)}`]),
  ...(specification.output === undefined ? [] : schemaProblems('output', specification.output)),
  ...taskOptionProblems(specification.options),
  ...recurringRuleProblems(specification.options?.recurring),
];

/**
 * Defines a task. Plain data: nothing is registered or connected, and a wrong definition does not throw here; its
 * `problems` are listed by the registry when a worker starts, and by `schedule`, which refuses it.
 *
 * @example
 * const sendEmailTask = defineTask({
 *   queueName: 'emails:send',
 *   schema: emailPayloadSchema,
 *   handler: async (payload, ctx) => ok({ messageId: await send(payload, ctx.signal) }),
 *   options: { priority: 'high', maxAttempts: 3 },
 * });
 */
export const defineTask = <Payload, Output, Input = unknown>(
  specification: TaskSpecification<Payload, Output, Input>,
): TaskDefinition<Payload, Output, AcceptedInput<Payload, Input>> => {
  const { queueName, schema, validator, output, options } = specification;
  return Object.freeze({
    queueName,
    options: Object.freeze<TaskOptions<never>>({ ...options }) as TaskOptions, // asked with checked payloads alone
    ...(schema === undefined ? {} : { schema }),
    ...(output === undefined ? {} : { output }),
    problems: Object.freeze(definitionProblems(specification as Partial<TaskSpecification<never, unknown>>)),
    validator: (data: unknown): Result<Payload, Error> => {
      if (validator !== undefined) return validator(data);
      if (schema !== undefined) return validate(schema, data);
      return err(new TaskError(`the task ${queueName} has neither validator nor schema`));
    },
    handler: (payload: Payload, context?: Partial<TaskContext>): Promise<Result<Output, Error>> => {
      try {
        // A native promise is passed on as it is: an async function would take three turns to unwrap it.
        return Promise.resolve(specification.handler(payload, toTaskContext(queueName, context)));
      } catch (thrown) {
        return Promise.reject(thrown);
      }
    },
  });
};
