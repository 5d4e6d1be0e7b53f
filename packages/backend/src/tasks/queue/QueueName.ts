/**
 * Translates a task's name to the name of its BullMQ queue. `:` is illegal there, so it becomes `.`, which task names
 * cannot contain. The braces are a Redis Cluster hash tag: all keys of one queue live in one slot.
 */
export const toQueueName = (taskName: string): string => `{${taskName.replaceAll(':', '.')}}`;

/** Translates a queue's name back to the task's name. */
export const toTaskName = (queueName: string): string =>
  queueName.replace(/^\{|\}$/g, '').replaceAll('.', ':');

/** The key that all keys of a task's queue begin with: `drover:{emails.send}`. */
export const toQueueKey = (prefix: string, taskName: string): string => `${prefix}:${toQueueName(taskName)}`;
