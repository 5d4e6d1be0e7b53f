import { CancelError } from '../domain/CancelError';
import { ChildError } from '../domain/ChildError';
import { toJsonFields } from '../domain/JsonFields';
import { ScheduleError } from '../domain/ScheduleError';
import { TaskResultError } from '../domain/TaskResultError';

/** The errors that a handler gets from its context, and tells apart by class and code. */
const CLASSES = { ScheduleError, ChildError, TaskResultError, CancelError } as const;

/** The name of one of these classes. */
export type OwnErrorName = keyof typeof CLASSES;

/** Says which of them an error is. */
export const ownErrorName = (error: Error): OwnErrorName | undefined =>
  (Object.keys(CLASSES) as OwnErrorName[]).find((name) => error instanceof CLASSES[name]);

/** Copies what such an error has beside its message, whole: it is made of JSON already. */
export const toOwnFields = (error: Error): Readonly<Record<string, unknown>> =>
  toJsonFields(error, Number.MAX_SAFE_INTEGER);

/** An error of ours as another process describes it. */
interface OwnErrorParts {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Makes such an error again. */
export const makeOwnError = (name: OwnErrorName, { message, fields, cause }: OwnErrorParts): Error => {
  const options = { ...fields, cause } as never; // what toOwnFields took from an error of the class
  return new CLASSES[name](message, options);
};
