import { isTerminalStatus, TASK_STATUSES, type TaskStatus } from '../../domain/TaskStatus';

/** Statuses as a list of SQL. */
export const toStatusList = (statuses: readonly TaskStatus[]): string => `('${statuses.join("', '")}')`;

/** Statuses of tasks that have not ended, as a list of SQL. An index is used by a query that says the very same. */
export const UNFINISHED = toStatusList(TASK_STATUSES.filter((status) => !isTerminalStatus(status)));

/** The others. A query says `NOT IN` these that another index than that of the unfinished tasks serves better. */
export const ENDED = toStatusList(TASK_STATUSES.filter(isTerminalStatus));
