import { err, ok, type Result } from 'neverthrow';
import { taskIdTimeMs } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { TASK_STATUSES, type TaskStatus } from '../domain/TaskStatus';
import { type LedgerHistory } from '../ledger/LedgerHistory';
import { listTaskIds } from '../queue/listTaskIds';
import { readTaskRecords } from '../queue/TaskRecordReader';
import { InspectorError } from './InspectorError';
import { type InspectorParts, maxAttemptsOf, toInspectorFailure, toLedgerDisabled } from './InspectorParts';
import { compareNewestFirst, parseTaskCursor, type TaskPlace, toTaskCursor } from './TaskCursor';
import { type TaskQuery, taskQueryProblems } from './TaskQuery';

/** Some of the tasks that a query asks for. */
export interface TaskPage {
  /** Newest first. */
  readonly tasks: readonly TaskRecord[];
  /** The `cursor` of the next page, which may be empty; absent when there is none. */
  readonly nextCursor?: string;
}

/** Tasks of a page unless the query says otherwise. */
const DEFAULT_LIMIT = 100;

/** Tasks that are read at once. */
const CHUNK_COUNT = 100;

/** Lists tasks; see `TaskInspector.getTasks`. */
export const listTasks = async (
  parts: InspectorParts,
  query: TaskQuery,
): Promise<Result<TaskPage, InspectorError>> => {
  const problems = taskQueryProblems(query, parts.registry);
  if (problems.length > 0) {
    return err(new InspectorError(`the query is refused: ${problems.join('; ')}`, { code: 'invalid-query' }));
  }
  const { ledger } = parts;
  if (ledger !== undefined) return listKeptTasks(ledger.history, query);
  if (query.text !== undefined) return err(toLedgerDisabled('a search by text'));
  const places = await listPlaces(parts, query);
  return places.isErr() ? err(places.error) : readPage(parts, query, places.value);
};

/** Lists what the ledger has, one task more than the page has room for: whether there is another page. */
const listKeptTasks = async (
  history: LedgerHistory,
  query: TaskQuery,
): Promise<Result<TaskPage, InspectorError>> => {
  const { limit = DEFAULT_LIMIT, status: _status, name: taskName, cursor, ...conditions } = query;
  const beforeId = parseTaskCursor(cursor)?.id;
  const listed = await history.list({
    ...conditions,
    statuses: statusesOf(query),
    limit: limit + 1,
    ...(taskName === undefined ? {} : { taskName }),
    ...(beforeId === undefined ? {} : { beforeId }),
  });
  return listed.mapErr(toInspectorFailure).map((found) => {
    const tasks = found.slice(0, limit);
    const last = tasks.at(-1);
    return found.length > limit && last !== undefined ? { tasks, nextCursor: toTaskCursor(last) } : { tasks };
  });
};

const statusesOf = ({ status = TASK_STATUSES }: TaskQuery): readonly TaskStatus[] =>
  typeof status === 'string' ? [status] : status;

/** The places after the cursor that may fit, in order. */
const listPlaces = async (
  { registry, access }: InspectorParts,
  query: TaskQuery,
): Promise<Result<readonly TaskPlace[], InspectorError>> => {
  const names = query.name === undefined ? registry.tasks.map(({ queueName }) => queueName) : [query.name];
  const start = parseTaskCursor(query.cursor);
  const listed = await Promise.all(
    names.map((name) => listTaskIds({ access, taskName: name, statuses: statusesOf(query) })),
  );
  const places: TaskPlace[] = [];
  for (const [index, ids] of listed.entries()) {
    if (ids.isErr()) return err(toInspectorFailure(ids.error));
    const name = names[index] ?? '';
    for (const id of ids.value) {
      const place = { id, name };
      const isAhead = start === undefined || compareNewestFirst(start, place) < 0;
      if (isAhead && isInRange(query, taskIdTimeMs(id))) places.push(place);
    }
  }
  return ok(places.sort(compareNewestFirst));
};

/** A time that is not known is looked at again when the task has been read. */
const isInRange = ({ createdAfter, createdBefore }: TaskQuery, createdAtMs: number | undefined): boolean =>
  createdAtMs === undefined ||
  ((createdAfter === undefined || createdAtMs >= createdAfter.getTime()) &&
    (createdBefore === undefined || createdAtMs < createdBefore.getTime()));

/** Reads places one chunk after the other, until the page is full or no place is left. */
const readPage = async (
  parts: InspectorParts,
  query: TaskQuery,
  places: readonly TaskPlace[],
): Promise<Result<TaskPage, InspectorError>> => {
  const { limit = DEFAULT_LIMIT } = query;
  const tasks: TaskRecord[] = [];
  for (let start = 0; start < places.length; start += CHUNK_COUNT) {
    const chunk = places.slice(start, start + CHUNK_COUNT);
    const records = await readPlaces(parts, chunk);
    if (records.isErr()) return err(records.error);
    for (const [index, record] of records.value.entries()) {
      if (record === undefined || !fits(query, record)) continue;
      tasks.push(record);
      if (tasks.length < limit) continue;
      const isLast = start + index === places.length - 1;
      return ok(isLast ? { tasks } : { tasks, nextCursor: toTaskCursor(record) });
    }
  }
  return ok({ tasks });
};

/** Reads the tasks of a chunk, each queue with one command; in the order of the places. */
const readPlaces = async (
  { registry, access, appConfig }: InspectorParts,
  places: readonly TaskPlace[],
): Promise<Result<readonly (TaskRecord | undefined)[], InspectorError>> => {
  const tasks = registry.tasks.filter(({ queueName }) => places.some(({ name }) => name === queueName));
  const read = await access.run((queues, { client }) =>
    Promise.all(
      tasks.map((task) =>
        readTaskRecords(
          { client, queue: queues.get(task.queueName), maxAttempts: maxAttemptsOf(task, appConfig) },
          places.filter(({ name }) => name === task.queueName).map(({ id }) => id),
        ),
      ),
    ),
  );
  return read.mapErr(toInspectorFailure).map((perQueue) => {
    const records = new Map(
      perQueue.flat().flatMap((record) => (record === undefined ? [] : [[toTaskCursor(record), record]])),
    );
    return places.map((place) => records.get(toTaskCursor(place)));
  });
};

const fits = (
  query: TaskQuery,
  { id, status, userId, correlationId, parentId, scheduleId, scheduledAt }: TaskRecord,
): boolean =>
  statusesOf(query).includes(status) &&
  (query.userId === undefined || query.userId === userId) &&
  (query.correlationId === undefined || query.correlationId === correlationId) &&
  (query.parentId === undefined || query.parentId === parentId) &&
  (query.scheduleId === undefined || query.scheduleId === scheduleId) &&
  isInRange(query, taskIdTimeMs(id) ?? scheduledAt.getTime());
