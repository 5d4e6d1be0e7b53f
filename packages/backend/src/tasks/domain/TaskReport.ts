import { checkJson } from './JsonFidelity';
import { showValue } from './numberRule';
import { TaskError } from './TaskError';

/** The largest progress that is kept, as UTF-8 JSON; bytes. */
export const MAX_PROGRESS_BYTES = 16 * 1024;

/** Characters of a logged line that are kept. */
export const MAX_LOG_LENGTH = 1000;

/** Lines that are kept of a task: the newest. */
export const MAX_LOG_LINES = 100;

/** Between two writes of a task's progress and log pass so many milliseconds at least. */
export const REPORT_INTERVAL_MS = 250;

const refuse = (field: string, problem: string): TaskError =>
  TaskError.fatal(`${field} is refused: ${problem}`);

/**
 * What is stored of a progress.
 *
 * @throws TaskError (fatal) when JSON does not carry the value, or it is too large.
 */
export const toProgressJson = (value: unknown): string => {
  const problem =
    value === undefined
      ? 'expected the value to be something JSON carries unchanged, got undefined'
      : checkJson(value, MAX_PROGRESS_BYTES).match(
          () => undefined,
          ({ message }) => message,
        );
  if (problem !== undefined) throw refuse('the progress', problem);
  return JSON.stringify(value);
};

/**
 * What is stored of a logged line.
 *
 * @throws TaskError (fatal) when it is no text.
 */
export const toLogLine = (message: unknown): string => {
  if (typeof message === 'string') return message.slice(0, MAX_LOG_LENGTH);
  throw refuse('the log line', `expected message to be a text, got ${showValue(message)}`);
};
