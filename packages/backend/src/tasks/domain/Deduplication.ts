import { err, ok, Result } from 'neverthrow';
import { type Fields, isRecord, unknownFieldProblems } from './fieldProblems';
import { MAX_DELAY_MS, type NumberRule, numberProblem, showValue } from './numberRule';
import { textProblem } from './textRule';

/** One task for all calls that come close together. */
export interface Debounce<Payload = unknown> {
  /** Milliseconds without a further call after which the task runs; 1 to 10 years. */
  readonly windowMs: number;
  /** Calls whose keys are equal are one task; 1 to 512 characters. */
  key(payload: Payload): string;
  /** The task runs this long after the first call at the latest; milliseconds, `windowMs` to 10 years. Default: no limit. */
  readonly maxWaitMs?: number;
}

/** The options of a definition by which equal calls make one task; at most one of the three. */
export interface DeduplicationOptions<Payload = unknown> {
  /** One task for each key within `idempotencyWindowMs`, whatever becomes of it; 1 to 512 characters. */
  idempotencyKey?(payload: Payload): string;
  /** How long a key is remembered; milliseconds, 1 to 10 years. Default: 24 h. */
  readonly idempotencyWindowMs?: number;
  /** No second task while one with an equal tag is unfinished; 1 to 512 characters. */
  uniqueTag?(payload: Payload): string;
  /** Puts the task off until the calls have been quiet; the last payload counts. */
  readonly debounce?: Debounce<Payload>;
}

/** What a scheduling call says instead of its definition; at most one of the two keys. */
export interface DeduplicationOverrides {
  readonly idempotencyKey?: string;
  readonly idempotencyWindowMs?: number;
  readonly uniqueTag?: string;
}

/** How one call is kept from making a second task. */
export type Deduplication =
  | { readonly kind: 'idempotency'; readonly key: string; readonly windowMs: number }
  | { readonly kind: 'unique'; readonly key: string }
  | {
      readonly kind: 'debounce';
      readonly key: string;
      readonly windowMs: number;
      readonly maxWaitMs: number | undefined;
    };

/** How long an idempotency key is remembered: a day, in milliseconds. */
export const DEFAULT_IDEMPOTENCY_WINDOW_MS = 24 * 60 * 60 * 1000;

/** Characters of a key or tag. */
export const MAX_KEY_LENGTH = 512;

const WINDOW: NumberRule = { min: 1, max: MAX_DELAY_MS };

const keyProblems = (field: string, key: unknown): string[] =>
  [textProblem(field, key, MAX_KEY_LENGTH) ?? []].flat();

const windowProblems = (field: string, value: unknown, rule = WINDOW): string[] =>
  value === undefined ? [] : [numberProblem(field, value, rule) ?? []].flat();

/** At most one kind: a task has one key under which it is found. */
const kindProblems = (given: Fields, kinds: readonly string[]): string[] => {
  const named = kinds.filter((kind) => given[kind] !== undefined);
  return named.length > 1 ? [`expected at most one of ${kinds.join(', ')}, got ${named.join(' and ')}`] : [];
};

const functionProblems = (field: string, value: unknown): string[] =>
  value === undefined || typeof value === 'function'
    ? []
    : [`expected ${field} to be a function of the payload, got ${showValue(value)}`];

const DEBOUNCE_NAMES: readonly string[] = ['windowMs', 'key', 'maxWaitMs'] satisfies (keyof Debounce)[];

const debounceProblems = (debounce: unknown): string[] => {
  if (debounce === undefined) return [];
  if (!isRecord(debounce)) return [`expected debounce to be an object, got ${showValue(debounce)}`];
  const { windowMs, key, maxWaitMs } = debounce;
  const window = numberProblem('debounce.windowMs', windowMs, WINDOW);
  return [
    ...unknownFieldProblems(debounce, DEBOUNCE_NAMES, 'debounce.'),
    ...(window === undefined ? [] : [window]),
    ...(key === undefined
      ? ['expected debounce.key to be a function of the payload, got undefined']
      : functionProblems('debounce.key', key)),
    ...windowProblems('debounce.maxWaitMs', maxWaitMs, {
      min: window === undefined ? Number(windowMs) : WINDOW.min,
      max: WINDOW.max,
    }),
  ];
};

/** Lists what is wrong with a definition's options against double tasks. */
export const deduplicationOptionProblems = (options: Fields): string[] => [
  ...functionProblems('idempotencyKey', options['idempotencyKey']),
  ...windowProblems('idempotencyWindowMs', options['idempotencyWindowMs']),
  ...functionProblems('uniqueTag', options['uniqueTag']),
  ...debounceProblems(options['debounce']),
  ...kindProblems(options, ['idempotencyKey', 'uniqueTag', 'debounce']),
  ...(options['idempotencyWindowMs'] !== undefined && options['idempotencyKey'] === undefined
    ? ['expected idempotencyWindowMs beside idempotencyKey alone']
    : []),
];

/** Lists what is wrong with a call's options against double tasks. */
export const deduplicationOverrideProblems = (options: Fields): string[] => [
  ...(['idempotencyKey', 'uniqueTag'] as const).flatMap((field) =>
    options[field] === undefined ? [] : keyProblems(field, options[field]),
  ),
  ...windowProblems('idempotencyWindowMs', options['idempotencyWindowMs']),
  ...kindProblems(options, ['idempotencyKey', 'uniqueTag']),
];

/** Asks a definition's function for its key: user code, which may throw or answer with anything. */
const askForKey = (
  field: string,
  ask: (payload: unknown) => unknown,
  payload: unknown,
): Result<string, string> => {
  const asked = Result.fromThrowable(ask, (thrown) => `${field} threw: ${describe(thrown)}`)(payload);
  return asked.andThen((key) => {
    const [problem] = keyProblems(`what ${field} returns`, key);
    return problem === undefined ? ok(String(key)) : err(problem);
  });
};

const describe = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : showValue(thrown));

/**
 * Decides how a call is kept from making a second task: what the call names stands before what the definition names.
 * Expects checked options.
 *
 * @param payload As the handler will get it.
 * @returns Nothing when neither names anything; a sentence when the definition's function gives no usable key.
 */
export const decideDeduplication = (
  definition: DeduplicationOptions,
  call: DeduplicationOverrides,
  payload: unknown,
): Result<Deduplication | undefined, string> =>
  decideKind(definition, call, payload).andThen((decided) =>
    call.idempotencyWindowMs !== undefined && decided?.kind !== 'idempotency'
      ? err('expected idempotencyWindowMs beside an idempotencyKey of the call or the definition')
      : ok(decided),
  );

const decideKind = (
  definition: DeduplicationOptions,
  call: DeduplicationOverrides,
  payload: unknown,
): Result<Deduplication | undefined, string> => {
  const { idempotencyKey, uniqueTag, debounce } = definition;
  const windowMs =
    call.idempotencyWindowMs ?? definition.idempotencyWindowMs ?? DEFAULT_IDEMPOTENCY_WINDOW_MS;
  if (call.idempotencyKey !== undefined) {
    return ok({ kind: 'idempotency', key: call.idempotencyKey, windowMs });
  }
  if (call.uniqueTag !== undefined) return ok({ kind: 'unique', key: call.uniqueTag });
  if (idempotencyKey !== undefined) {
    return askForKey('idempotencyKey', idempotencyKey, payload).map((key) => ({
      kind: 'idempotency',
      key,
      windowMs,
    }));
  }
  if (uniqueTag !== undefined) {
    return askForKey('uniqueTag', uniqueTag, payload).map((key) => ({ kind: 'unique', key }));
  }
  if (debounce === undefined) return ok(undefined);
  const { windowMs: quietMs, maxWaitMs } = debounce;
  return askForKey('debounce.key', (given) => debounce.key(given), payload).map((key) => ({
    kind: 'debounce',
    key,
    windowMs: quietMs,
    maxWaitMs,
  }));
};
