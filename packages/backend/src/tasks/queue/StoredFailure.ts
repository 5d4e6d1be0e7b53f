import { checkJson } from '../domain/JsonFidelity';
import { toJsonFields } from '../domain/JsonFields';
import { type TaskError } from '../domain/TaskError';
import { type FailureReason } from '../domain/TaskOutcome';
import { type StoredTaskError } from '../domain/TaskRecord';

const MARK = '\n    drover ';
const MAX_MESSAGE_LENGTH = 4000;
const MAX_STACK_LENGTH = 8000;
const MAX_METADATA_BYTES = 16 * 1024;

/** What is kept in a stack. */
interface KeptFailure extends StoredTaskError {
  /** When the task failed for good, in milliseconds since 1970; absent while attempts remain. */
  readonly failedAtMs?: number;
}

interface Failure {
  readonly error: TaskError;
  readonly attempt: number;
  readonly reason?: FailureReason;
  /** With `reason`; milliseconds since 1970. */
  readonly failedAtMs?: number;
}

/** Cuts a message to what a dead letter keeps; an error without one is named by its class. */
export const toFailureMessage = ({ message, name }: Error): string =>
  (message || name).slice(0, MAX_MESSAGE_LENGTH);

/** What is kept of a failure, without its stack. */
export const toStoredFailure = ({ error, attempt, reason }: Failure): StoredTaskError => {
  const metadata = toJsonFields(error.metadata, MAX_METADATA_BYTES);
  const isKept = Object.keys(metadata).length > 0 && checkJson(metadata, MAX_METADATA_BYTES).isOk();
  return {
    message: toFailureMessage(error),
    code: error.code,
    attempt,
    ...(reason === undefined ? {} : { reason }),
    ...(isKept ? { metadata } : {}),
  };
};

/**
 * Builds the stack that BullMQ keeps with a failed attempt. Its last line carries our facts as JSON, so that they are
 * stored in the same command as the failure itself, and a board shows them under the stack.
 */
export const toFailureStack = (failure: Failure): string => {
  const { error } = failure;
  const stack = typeof error.stack === 'string' ? error.stack : `${error.name}: ${error.message}`;
  const { failedAtMs } = failure;
  const kept = { ...toStoredFailure(failure), ...(failedAtMs === undefined ? {} : { failedAtMs }) };
  return toKeptText(stack.slice(0, MAX_STACK_LENGTH), kept);
};

/** The same of a failure whose stack is not known any more. */
export const toRestoredStack = (error: StoredTaskError, failedAtMs: number | undefined): string =>
  toKeptText(error.message, { ...error, ...(failedAtMs === undefined ? {} : { failedAtMs }) });

const toKeptText = (stack: string, kept: KeptFailure): string => stack + MARK + JSON.stringify(kept);

/** A kept stack without our line: what the error itself had. */
export const toPlainStack = (stack: string): string => {
  const start = stack.lastIndexOf(MARK);
  return start < 0 ? stack : stack.slice(0, start);
};

/** Reads our facts back out of a kept stack; `undefined` when another program wrote it. */
export const parseFailureStack = (stack: string): StoredTaskError | undefined => {
  const kept = parseKept(stack);
  if (kept === undefined) return undefined;
  const { failedAtMs: _failedAtMs, ...error } = { failedAtMs: undefined, ...kept };
  return error;
};

/**
 * When the attempt of a stack failed its task for good; nothing when it did not. Milliseconds since 1970; 0 where it was not
 * kept.
 */
export const failedAtMsOf = (stack: string): number | undefined => {
  const kept = parseKept(stack);
  return kept?.reason === undefined ? undefined : (kept.failedAtMs ?? 0);
};

const parseKept = (stack: string): KeptFailure | undefined => {
  const start = stack.lastIndexOf(MARK);
  if (start < 0) return undefined;
  try {
    return JSON.parse(stack.slice(start + MARK.length)) as KeptFailure; // written by toFailureStack
  } catch {
    // Cut short by another program: the plain message is still there.
    return undefined;
  }
};
