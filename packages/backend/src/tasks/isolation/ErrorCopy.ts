import { toJsonFields } from '../domain/JsonFields';
import { TaskError, type TaskErrorCode } from '../domain/TaskError';
import { makeOwnError, type OwnErrorName, ownErrorName, toOwnFields } from './OwnErrors';

/** A thrown value as JSON, for another process. */
export type ErrorCopy =
  | { readonly kind: 'value'; readonly value: unknown }
  | ({ readonly kind: 'error'; readonly name: string } & CommonCopy)
  | ({ readonly kind: 'own-error'; readonly name: OwnErrorName } & CommonCopy)
  | ({
      readonly kind: 'task-error';
      readonly code: TaskErrorCode;
      readonly metadata: TaskError['metadata'];
      readonly snoozeMs?: number;
      readonly isWorthRetrying?: boolean;
      /** Whether the cause is the error that a handler threw or returned. */
      readonly hasOriginal: boolean;
    } & CommonCopy);

interface CommonCopy {
  readonly message: string;
  readonly stack?: string;
  /** Own fields, such as `status`, as far as JSON carries them. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: ErrorCopy;
}

/** Causes of causes that are copied. */
const MAX_CAUSES = 5;

/** Bytes of JSON that one field of an error may have. */
const MAX_FIELD_BYTES = 16 * 1024;

/** Characters of a message or a stack. */
const MAX_TEXT_LENGTH = 10_000;

/** Fields that a copy has a place of its own for, and one that would change the prototype. */
const OWN_PLACE: ReadonlySet<string> = new Set([
  ...['name', 'message', 'stack', 'cause', '__proto__'],
  ...['metadata', 'snoozeMs', 'original', 'isWorthRetrying'],
]);

/** Copies whatever was thrown or returned as an error. Never throws, whatever the value does when it is read. */
export const toErrorCopy = (thrown: unknown, causesLeft = MAX_CAUSES): ErrorCopy => {
  const error = readSafely(() => (thrown instanceof Error ? thrown : undefined));
  if (error === undefined)
    return { kind: 'value', value: toJsonFields({ value: thrown }, MAX_FIELD_BYTES)['value'] };
  const common = toCommonCopy(error, causesLeft);
  const ownName = readSafely(() => ownErrorName(error));
  if (ownName !== undefined)
    return { kind: 'own-error', name: ownName, ...common, fields: toOwnFields(error) };
  if (!(error instanceof TaskError))
    return { kind: 'error', name: readText(() => error.name) ?? 'Error', ...common };
  const { code, metadata, snoozeMs, isWorthRetrying, original } = error;
  return {
    kind: 'task-error',
    code,
    metadata: toJsonFields(metadata, MAX_FIELD_BYTES),
    ...(snoozeMs === undefined ? {} : { snoozeMs }),
    ...(isWorthRetrying === undefined ? {} : { isWorthRetrying }),
    hasOriginal: original !== undefined,
    ...common,
  };
};

const toCommonCopy = (error: Error, causesLeft: number): CommonCopy => {
  const stack = readText(() => error.stack);
  const cause = readSafely(() => error.cause);
  const code = readSafely(() => ('code' in error ? { code: error.code } : {})) ?? {};
  const fields = { ...toJsonFields(code, MAX_FIELD_BYTES), ...toJsonFields(error, MAX_FIELD_BYTES) };
  return {
    message: readText(() => error.message) ?? '',
    ...(stack === undefined ? {} : { stack }),
    fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_PLACE.has(name))),
    ...(cause === undefined || causesLeft === 0 ? {} : { cause: toErrorCopy(cause, causesLeft - 1) }),
  };
};

const readSafely = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    // A getter or a proxy that throws: what cannot be read is left out.
    return undefined;
  }
};

const readText = (read: () => unknown): string | undefined => {
  const text = readSafely(read);
  return typeof text === 'string' ? text.slice(0, MAX_TEXT_LENGTH) : undefined;
};

/** Makes what was copied again. A foreign error comes back as a plain `Error` with its name: its class stays where it was. */
export const fromErrorCopy = (copy: ErrorCopy): unknown => {
  if (copy.kind === 'value') return copy.value;
  const error = toError(copy);
  Object.defineProperty(error, 'stack', { ...HIDDEN, value: copy.stack });
  return error;
};

const toError = (copy: Exclude<ErrorCopy, { readonly kind: 'value' }>): Error => {
  switch (copy.kind) {
    case 'error':
      return toForeignError(copy);
    case 'own-error':
      return makeOwnError(copy.name, { ...copy, ...causeOf(copy) });
    case 'task-error':
      return toTaskError(copy);
  }
};

/** As the fields of a built-in error are. */
const HIDDEN = { configurable: true, enumerable: false, writable: true } as const;

const causeOf = ({ cause }: CommonCopy): { cause?: unknown } =>
  cause === undefined ? {} : { cause: fromErrorCopy(cause) };

const toForeignError = (copy: ErrorCopy & { readonly kind: 'error' }): Error => {
  const error = new Error(copy.message, causeOf(copy));
  Object.defineProperty(error, 'name', { ...HIDDEN, value: copy.name });
  return Object.assign(error, copy.fields);
};

const toTaskError = (copy: ErrorCopy & { readonly kind: 'task-error' }): TaskError => {
  const { message, metadata, code, snoozeMs, isWorthRetrying, hasOriginal, fields } = copy;
  const { cause } = causeOf(copy);
  const error = new TaskError(message, metadata, {
    code,
    cause,
    ...(hasOriginal && cause instanceof Error ? { original: cause } : {}),
    ...(snoozeMs === undefined ? {} : { snoozeMs }),
    ...(isWorthRetrying === undefined ? {} : { isWorthRetrying }),
  });
  const { code: _code, ...others } = fields;
  return Object.assign(error, others);
};
