import { describeUnknown } from '@core/errors/describeUnknown';
import { checkJson } from './JsonFidelity';

const MAX_TEXT_LENGTH = 1000;

/** What JSON cannot carry is kept as text: an `Error` as its message, a `Map` as `[object Map]`. */
const toJsonValue = (value: unknown, maxBytes: number): unknown => {
  if (value === undefined) return undefined;
  return checkJson(value, maxBytes).isOk()
    ? JSON.parse(JSON.stringify(value)) // a copy: its maker may still change the value
    : describeUnknown(value).slice(0, MAX_TEXT_LENGTH);
};

/** The fields are a handler's: a getter or a proxy that throws must not decide what becomes of its task. */
const readSafely = <T>(read: () => T, toFallback: (thrown: unknown) => T): T => {
  try {
    return read();
  } catch (thrown) {
    return toFallback(thrown);
  }
};

/**
 * Copies the own fields of an object as JSON, each as text where JSON cannot carry it. Never throws.
 *
 * @param maxBytes A larger field is kept as text.
 */
export const toJsonFields = (source: object, maxBytes: number): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    readSafely(
      () => Object.keys(source),
      () => [],
    ).map((key) => [
      key,
      readSafely(
        () => toJsonValue(Reflect.get(source, key), maxBytes),
        (thrown) => `unreadable: ${describeUnknown(thrown)}`.slice(0, MAX_TEXT_LENGTH),
      ),
    ]),
  );
