import { validate as isUuid, v7, version } from 'uuid';

declare const taskIdBrand: unique symbol;

/** The id of one task: a UUIDv7, made by the scheduler, also the id of the job that carries the task. */
export type TaskId = string & { readonly [taskIdBrand]: 'TaskId' };

/** Makes a new task id. Ids made later sort later. */
export const TaskId = (): TaskId => v7() as TaskId; // the brand has no run-time part

/** Says whether a text is a task id of ours; anything else never reaches a Redis key. */
export const isTaskId = (value: unknown): value is TaskId => typeof value === 'string' && isUuid(value);

/** When an id was made, in milliseconds since 1970; `undefined` for one that carries no time (no UUIDv7). */
export const taskIdTimeMs = (id: string): number | undefined =>
  // The first 48 bits (RFC 9562, section 5.7).
  isUuid(id) && version(id) === 7 ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
