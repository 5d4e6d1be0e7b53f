/** What is said wherever tasks are switched off. */
export const TASKS_DISABLED_MESSAGE =
  'TASKS_ENABLED is false: this process neither schedules nor runs nor reads tasks';

/** Tasks are switched off by `TASKS_ENABLED`; Redis was not asked, and no connection to it was opened. */
export class TasksDisabledError extends Error {
  override readonly name = 'TasksDisabledError';

  constructor() {
    super(TASKS_DISABLED_MESSAGE);
  }
}
