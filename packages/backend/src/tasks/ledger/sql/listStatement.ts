import { type SqlDialect, type SqlValue } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { isTerminalStatus, TASK_STATUSES, type TaskStatus } from '../../domain/TaskStatus';
import { type HistoryQuery } from '../LedgerHistory';
import { toStorableText } from './batch';
import { HISTORY_COLUMNS, toRelatedFields } from './HistoryRow';
import { toIdBound } from './idBound';
import { toStatusList, UNFINISHED } from './statuses';

/** A statement and its values. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Notes a value and answers its placeholder: each is used once, and in its order. */
type Bind = (value: SqlValue) => string;

/** What is listed, and where. */
export interface ListOptions {
  readonly tables: SqlTables;
  readonly queuePrefix: string;
  readonly query: HistoryQuery;
  /** Columns besides `HISTORY_COLUMNS`. Default: none. */
  readonly furtherColumns?: readonly string[];
}

/** Builds the statement that lists tasks. */
export const toListStatement = ({
  tables,
  queuePrefix,
  query,
  furtherColumns = [],
}: ListOptions): SqlStatement => {
  const values: SqlValue[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const columns = [HISTORY_COLUMNS, ...furtherColumns].join(', ');
  const order = `ORDER BY id ${query.order === 'oldest-first' ? 'ASC' : 'DESC'}`;
  const parts = toStatusGroups(query).map((group) => {
    const conditions = [
      `queue_prefix = ${bind(queuePrefix)}`,
      ...toConditions({ query, group, dialect: tables.dialect, bind }),
      ...toStatusConditions(group),
    ];
    return `SELECT * FROM (
      SELECT ${columns} FROM ${tables.name('tasks')} WHERE ${conditions.join(' AND ')}
      ${order} LIMIT ${bind(query.limit)}
    ) AS part`;
  });
  const text = `SELECT task.*, ${toRelatedFields(tables)} FROM (${parts.join(' UNION ALL ')}) AS task
    ${order} LIMIT ${bind(query.limit)}`;
  return { text, values };
};

/** Statuses whose tasks are read together; `undefined` for all. */
type StatusGroup = readonly TaskStatus[] | undefined;

/**
 * The statuses asked for, those together that one index finds: the tasks of each group are read in their order and no further
 * than the page needs. Where another condition leaves few tasks, all are one group.
 */
const toStatusGroups = (query: HistoryQuery): readonly StatusGroup[] => {
  const { statuses = TASK_STATUSES, userId, correlationId, parentId, scheduleId } = query;
  const asked = TASK_STATUSES.filter((status) => statuses.includes(status));
  if (asked.length === TASK_STATUSES.length) return [undefined];
  const isNarrow = [userId, correlationId, parentId, scheduleId].some((value) => value !== undefined);
  if (isNarrow) return [asked];
  const unfinished = asked.filter((status) => !isTerminalStatus(status));
  const ended = asked.filter(isTerminalStatus).map((status) => [status]);
  return [...(unfinished.length > 0 ? [unfinished] : []), ...ended];
};

/** In the words of the indexes, of which a partial one is used by a query that says the very same. */
const toStatusConditions = (group: StatusGroup): readonly string[] => {
  if (group === undefined) return [];
  const asked = group.length === 1 ? `status = '${group.join('')}'` : `status IN ${toStatusList(group)}`;
  return group.every((status) => !isTerminalStatus(status)) ? [`status IN ${UNFINISHED}`, asked] : [asked];
};

interface Conditions {
  readonly query: HistoryQuery;
  readonly group: StatusGroup;
  readonly dialect: SqlDialect;
  readonly bind: Bind;
}

/** Of one name may be millions, of unfinished, failed and cancelled tasks are few: SQLite knows no numbers and is told. */
const toNameField = ({ group, dialect }: Conditions): string =>
  dialect === 'sqlite' && group !== undefined && !group.includes('completed') ? '+task_type' : 'task_type';

const toConditions = (conditions: Conditions): readonly string[] => {
  const { query, dialect, bind } = conditions;
  const { createdAfter, createdBefore, beforeId, text } = query;
  const wanted: readonly (readonly [comparison: string, value: string | undefined])[] = [
    [`${toNameField(conditions)} =`, query.taskName],
    ['created_by =', query.userId],
    ['correlation_id =', query.correlationId],
    ['parent_id =', query.parentId],
    ['schedule_id =', query.scheduleId],
    ['id >=', createdAfter && toIdBound(createdAfter)],
    ['id <', createdBefore && toIdBound(createdBefore)],
    ['id <', beforeId && toStorableText(beforeId)],
  ];
  return [
    ...wanted.flatMap(([comparison, value]) => (value === undefined ? [] : [`${comparison} ${bind(value)}`])),
    ...(text === undefined ? [] : [toTextCondition(text, dialect, bind)]),
  ];
};

/** In the payload, which is JSON, a text may stand as it is or as JSON writes it: with `\"` for a quotation mark. */
const toTextCondition = (text: string, dialect: SqlDialect, bind: Bind): string => {
  const like = dialect === 'postgres' ? 'ILIKE' : 'LIKE';
  const plain = toStorableText(text);
  const written = JSON.stringify(text).slice(1, -1);
  const toMatch = (column: string, part: string): string =>
    `${column} ${like} ${bind(toPattern(part))} ESCAPE '!'`;
  const matches = [
    toMatch('payload', plain),
    ...(written === plain ? [] : [toMatch('payload', written)]),
    toMatch('last_error', plain),
  ];
  return `(${matches.join(' OR ')})`;
};

/** What `LIKE` finds a text with, wherever it stands. */
const toPattern = (text: string): string => `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
