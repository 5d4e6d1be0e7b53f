import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { unknownFieldProblems } from '../domain/fieldProblems';
import { numberProblem, showValue, TIMER } from '../domain/numberRule';
import {
  type ResolveResource,
  type ResourceToken,
  tokenListProblems,
  tokenProblem,
} from '../domain/ResourceToken';

/** What a resource is started with: that of the worker that needs it first. */
export interface ResourceContext {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Aborted when the time for the start is over, or nobody needs the resource any more; hand it to what takes one. */
  readonly signal: AbortSignal;
  /** Finds what `needs` names, and what the worker's container has. */
  readonly resolve: ResolveResource;
}

/** What `defineResource` takes. */
export interface ResourceSpecification<Value> {
  /** What it is asked for by. */
  readonly token: ResourceToken<Value>;
  /** Resources that are started before this one and stopped after it. Default: none. */
  readonly needs?: readonly ResourceToken[];
  /** Opens it. What it throws, or rejects with, fails the start of the worker. */
  start(context: ResourceContext): Value | PromiseLike<Value>;
  /** Closes what `start` gave. What it throws is logged. Default: nothing is done. */
  stop?(value: Value): unknown;
  /** Milliseconds `start` may take; 1 to 2^31 - 1. Default: 30,000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds `stop` may take; 1 to 2^31 - 1. A stopping worker may have less time left. Default: 5000. */
  readonly stopTimeoutMs?: number;
}

/**
 * Something that the handlers of a process share, such as a database pool: how it is opened and closed. Methods rather
 * than function fields, so that it fits a plain list `ResourceDefinition[]`.
 */
export interface ResourceDefinition<Value = unknown> {
  readonly token: ResourceToken<Value>;
  readonly needs: readonly ResourceToken[];
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Everything wrong with this definition, one sentence each; a worker refuses it. */
  readonly problems: readonly string[];
  start(context: ResourceContext): Value | PromiseLike<Value>;
  stop(value: Value): unknown;
}

const FIELDS: readonly string[] = [
  'token',
  'needs',
  'start',
  'stop',
  'startTimeoutMs',
  'stopTimeoutMs',
] satisfies (keyof ResourceSpecification<unknown>)[];

const functionProblems = (field: string, value: unknown): string[] =>
  typeof value === 'function' ? [] : [`expected ${field} to be a function, got ${showValue(value)}`];

const definitionProblems = (given: Partial<ResourceSpecification<never>>): string[] => [
  ...unknownFieldProblems(given, FIELDS),
  ...[tokenProblem('token', given.token) ?? []].flat(),
  ...tokenListProblems('needs', given.needs),
  ...functionProblems('start', given.start),
  ...(given.stop === undefined ? [] : functionProblems('stop', given.stop)),
  ...(['startTimeoutMs', 'stopTimeoutMs'] as const).flatMap((field) =>
    given[field] === undefined ? [] : (numberProblem(field, given[field], TIMER) ?? []),
  ),
];

/**
 * Defines a shared resource. Plain data: nothing is opened here, and a wrong definition does not throw; a worker lists its
 * `problems`. The same definition is one resource in a process, however many workers use it, unless they give it other
 * resources for its `needs`.
 *
 * @example
 * const poolResource = defineResource({
 *   token: poolToken,
 *   start: async ({ signal }) => connect({ signal }),
 *   stop: (pool) => pool.close(),
 * });
 */
export const defineResource = <Value>(
  specification: ResourceSpecification<Value>,
): ResourceDefinition<Value> => {
  const { token, needs = [], startTimeoutMs = 30_000, stopTimeoutMs = 5000 } = specification;
  return Object.freeze({
    token,
    needs: Object.freeze(Array.isArray(needs) ? [...needs] : []),
    startTimeoutMs,
    stopTimeoutMs,
    problems: Object.freeze(definitionProblems(specification as Partial<ResourceSpecification<never>>)),
    start: (context: ResourceContext) => specification.start(context),
    stop: (value: Value) => specification.stop?.(value),
  });
};
