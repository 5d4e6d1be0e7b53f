import { suggestion } from './nearestName';
import { showValue } from './numberRule';
import { TaskError } from './TaskError';

declare const valueType: unique symbol;

type TypedSymbol<Value> = symbol & {
  /** Only for the compiler: the type of what the token stands for. */
  readonly [valueType]?: Value;
};

/**
 * What a shared resource is asked for by: a token made with `ResourceToken`, which knows the type of its value, a class, a
 * symbol or a text. Each is an injection token of tsyringe too.
 */
export type ResourceToken<Value = unknown> =
  | TypedSymbol<Value>
  | (abstract new (
      ...args: never[]
    ) => Value)
  | symbol
  | string;

/**
 * Makes a token that knows the type of its value. No two are equal, whatever their names.
 *
 * @param name Names the resource in messages.
 *
 * @example
 * const poolToken = ResourceToken<Pool>('database pool');
 */
export const ResourceToken = <Value>(name: string): TypedSymbol<Value> => Symbol(name) as TypedSymbol<Value>; // the type has no value

/** Finds the value of a token; throws a `TaskError` where there is none. */
export type ResolveResource = <Value>(token: ResourceToken<Value>) => Value;

/** A token as messages show it. */
export const showToken = (token: ResourceToken): string => JSON.stringify(tokenName(token));

/** What a token is called in logs; what is none, such as the `undefined` of modules that import each other in a circle, by its value. */
export const tokenName = (token: ResourceToken): string => {
  if (typeof token === 'string') return token;
  if (typeof token !== 'symbol' && typeof token !== 'function') return showValue(token);
  return (typeof token === 'symbol' ? token.description : token.name) || 'without a name';
};

/** Says what is wrong with a value that must be a token, or `undefined`. */
export const tokenProblem = (field: string, value: unknown): string | undefined =>
  typeof value === 'symbol' || typeof value === 'function' || (typeof value === 'string' && value !== '')
    ? undefined
    : `expected ${field} to be a token (ResourceToken(name), a class, a symbol or a text), got ${showValue(value)}`;

/** Says what is wrong with a value that must be a list of tokens, each once; nothing for one that is left out. */
export const tokenListProblems = (field: string, value: unknown): string[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [`expected ${field} to be a list of tokens, got ${showValue(value)}`];
  const problems = value.flatMap((token, index) => tokenProblem(`${field}[${index}]`, token) ?? []);
  if (problems.length > 0) return problems;
  const repeated = value.filter((token, index) => value.indexOf(token) < index);
  return repeated.map((token) => `expected every token once in ${field}, got ${showToken(token)} again`);
};

/** The sentences that follow an unknown token: the nearest known one, and all of them. */
export const tokenHint = (token: ResourceToken, known: readonly ResourceToken[]): string => {
  if (known.length === 0) return ' None is known.';
  return `${suggestion(tokenName(token), known.map(tokenName))} Known are: ${known.map(showToken).join(', ')}`;
};

/** The error for a token that nothing is registered under. Final: another attempt would find as much. */
export const toUnknownResource = (token: ResourceToken, known: readonly ResourceToken[]): TaskError => {
  const problem =
    tokenProblem('what is resolved', token) ?? `no resource is registered as ${showToken(token)}`;
  return TaskError.fatal(`${problem}.${tokenHint(token, known)}`);
};

/**
 * Resolves from given values: for a test that calls a handler directly.
 *
 * @example
 * await sendTask.handler(payload, { resolve: resolveFrom([[mailerToken, mailer]]) });
 */
export const resolveFrom = (values: Iterable<readonly [ResourceToken, unknown]>): ResolveResource => {
  const byToken = new Map(values);
  return <Value>(token: ResourceToken<Value>): Value => {
    if (!byToken.has(token)) throw toUnknownResource(token, [...byToken.keys()]);
    return byToken.get(token) as Value; // whoever registered it promised the type
  };
};
