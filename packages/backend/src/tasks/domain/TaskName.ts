/** Longest name of a task, in characters. */
export const MAX_TASK_NAME_LENGTH = 128;

const TASK_NAME = /^[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)*$/;

/**
 * Lists what is wrong with a task's name (`queueName`).
 *
 * The rule: parts of letters, digits, `_` and `-`, joined by `:`, such as `users:send-welcome-email`.
 */
export const taskNameProblems = (name: unknown): string[] => {
  if (typeof name !== 'string') return [`expected queueName to be a string, got ${typeof name}`];
  if (name.length > MAX_TASK_NAME_LENGTH) {
    return [`expected queueName to have at most ${MAX_TASK_NAME_LENGTH} characters, got ${name.length}`];
  }
  if (TASK_NAME.test(name)) return [];
  return [`expected queueName to be parts of A-Z a-z 0-9 _ - joined by ":", got ${JSON.stringify(name)}`];
};
