import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { type UserId, userIdSchema } from '@core/domain/user/user';
import { type Fields, isRecord, numberFieldProblems, unknownFieldProblems } from '../domain/fieldProblems';
import { suggestion } from '../domain/nearestName';
import { type NumberRule, showValue } from '../domain/numberRule';
import { scheduleIdProblems } from '../domain/ScheduleId';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type TaskRegistry } from '../domain/TaskRegistry';
import { TASK_STATUSES, type TaskStatus } from '../domain/TaskStatus';
import { textProblem } from '../domain/textRule';
import { parseTaskCursor } from './TaskCursor';

/** Which tasks `getTasks` lists; every field may be left out, and those that are given must all hold. */
export interface TaskQuery {
  /** One status, or at least one of several. */
  readonly status?: TaskStatus | readonly TaskStatus[];
  /** The `queueName` of a definition. */
  readonly name?: string;
  readonly userId?: UserId;
  readonly correlationId?: CorrelationId;
  /** The task that scheduled them. */
  readonly parentId?: TaskId;
  /** The recurring schedule that they are runs of. */
  readonly scheduleId?: string;
  /**
   * A part of the payload, as JSON has it, or of the message of the last error; 1 to 1000 characters, capital and small
   * letters are equal. Only with a ledger.
   */
  readonly text?: string;
  /** Made at this moment or later. A task is made when it gets its id, up to some milliseconds before `scheduledAt`. */
  readonly createdAfter?: Date;
  /** Made before this moment. */
  readonly createdBefore?: Date;
  /** Tasks of one page; 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** Where to go on: `nextCursor` of the page before, with the same query. */
  readonly cursor?: string;
}

const NUMBER_RULES = { limit: { min: 1, max: 1000 } } as const satisfies Record<string, NumberRule>;

/** Characters of a text that is looked for. */
const MAX_TEXT_LENGTH = 1000;

const FIELDS = [
  'status',
  'name',
  'userId',
  'correlationId',
  'parentId',
  'scheduleId',
  'text',
  'createdAfter',
  'createdBefore',
  'limit',
  'cursor',
] as const satisfies readonly (keyof TaskQuery)[];

/** Lists everything that is wrong with a query of `getTasks`; an empty list means that it is fine. */
export const taskQueryProblems = (query: unknown, registry: TaskRegistry): readonly string[] => {
  if (!isRecord(query)) return [`expected the query to be an object, got ${showValue(query)}`];
  return [
    ...unknownFieldProblems(query, FIELDS),
    ...statusProblems(query['status']),
    ...nameProblems(query['name'], registry),
    ...userIdProblems(query['userId']),
    ...correlationIdProblems(query['correlationId']),
    ...parentIdProblems(query['parentId']),
    ...scheduleProblems(query['scheduleId']),
    ...textProblems(query['text']),
    ...rangeProblems(query),
    ...numberFieldProblems(query, NUMBER_RULES),
    ...cursorProblems(query['cursor']),
  ];
};

const statusProblems = (status: unknown): string[] => {
  if (status === undefined) return [];
  const statuses: readonly unknown[] = Array.isArray(status) ? status : [status];
  const rule = `expected status to be at least one of ${TASK_STATUSES.join(', ')}`;
  if (statuses.length === 0) return [`${rule}, got []`];
  return statuses
    .filter((each) => !(TASK_STATUSES as readonly unknown[]).includes(each))
    .map((each) => `${rule}, got ${showValue(each)}.${suggestion(String(each), TASK_STATUSES)}`);
};

/** Says what is wrong with a task name, or nothing. */
export const nameProblems = (name: unknown, registry: TaskRegistry): string[] => {
  if (name === undefined) return [];
  if (typeof name !== 'string') return [`expected name to be the name of a task, got ${showValue(name)}`];
  return registry.get(name).match(
    () => [],
    ({ message }) => [`expected name to be the name of a task: ${message}`],
  );
};

const userIdProblems = (userId: unknown): string[] =>
  userId === undefined || userIdSchema.safeParse(userId).success
    ? []
    : [`expected userId to be a user id (a UUID), got ${showValue(userId)}`];

const correlationIdProblems = (correlationId: unknown): string[] =>
  correlationId === undefined
    ? []
    : parseCorrelationId(correlationId).match(
        () => [],
        ({ message }) => [`correlationId: ${message}`],
      );

const parentIdProblems = (parentId: unknown): string[] =>
  parentId === undefined || isTaskId(parentId)
    ? []
    : [`expected parentId to be a task id (a UUID), got ${showValue(parentId)}`];

const scheduleProblems = (scheduleId: unknown): string[] =>
  scheduleId === undefined ? [] : scheduleIdProblems(scheduleId, 'scheduleId');

const textProblems = (text: unknown): string[] => {
  const problem = text === undefined ? undefined : textProblem('text', text, MAX_TEXT_LENGTH);
  return problem === undefined ? [] : [problem];
};

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());

const rangeProblems = ({ createdAfter, createdBefore }: Fields): string[] => {
  const wrong = Object.entries({ createdAfter, createdBefore })
    .filter(([, value]) => value !== undefined && !isDate(value))
    .map(([field, value]) => `expected ${field} to be a valid Date, got ${showValue(value)}`);
  if (!isDate(createdAfter) || !isDate(createdBefore) || createdAfter <= createdBefore) return wrong;
  return [
    `expected createdAfter to be no later than createdBefore (${createdBefore.toISOString()}), got ${createdAfter.toISOString()}`,
  ];
};

const cursorProblems = (cursor: unknown): string[] =>
  cursor === undefined || parseTaskCursor(cursor) !== undefined
    ? []
    : [`expected cursor to be the nextCursor of a page, got ${showValue(cursor)}`];
