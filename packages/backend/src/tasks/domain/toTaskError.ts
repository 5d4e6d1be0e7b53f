import { redactSensitive } from '@core/domain/SensitiveKey';
import { TASK_ERROR_CODES, TaskError } from './TaskError';

/** Characters of a thrown value, which is no error, that its message shows. */
const MAX_SHOWN_LENGTH = 500;

const describe = (thrown: unknown): string => {
  try {
    const text =
      typeof thrown === 'string' ? thrown : (JSON.stringify(thrown, redactSensitive) ?? String(thrown));
    return text.slice(0, MAX_SHOWN_LENGTH);
  } catch {
    // Cycles, BigInt, hostile toJSON: the type is all that can be said safely.
    return `a value of type ${typeof thrown} that cannot be shown`;
  }
};

const read = <T>(field: () => T, fallback: T): T => {
  try {
    return field();
  } catch {
    // A throwing getter of a user's error must not hide that the task failed.
    return fallback;
  }
};

const fromError = (error: Error): TaskError => {
  const message = read(() => String(error.message), '');
  const task = new TaskError(
    message || read(() => String(error.name), 'Error'),
    {},
    { cause: error, original: error },
  );
  const stack = read(() => error.stack, undefined);
  if (typeof stack === 'string') task.stack = stack;
  return task;
};

/** Whether the fields are what their types say: JavaScript, a cast or a subclass may have spoilt them. */
const isSound = ({ message, code, metadata, stack }: TaskError): boolean =>
  typeof message === 'string' &&
  TASK_ERROR_CODES.includes(code) &&
  typeof metadata === 'object' &&
  metadata !== null &&
  (stack === undefined || typeof stack === 'string');

/**
 * Translates whatever a handler threw or put into `err` into a `TaskError`, and never throws itself:
 * `undefined`, strings, frozen errors, proxies and objects with throwing getters included.
 */
export const toTaskError = (thrown: unknown): TaskError => {
  if (read(() => thrown instanceof TaskError && isSound(thrown), false)) return thrown as TaskError; // just checked
  if (read(() => thrown instanceof Error, false)) return fromError(thrown as Error); // just checked
  return new TaskError(`the handler failed with ${describe(thrown)}`, {}, { cause: thrown });
};
