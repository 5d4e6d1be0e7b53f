import { isRecord, numberFieldProblems, unknownFieldProblems } from '../domain/fieldProblems';
import { MAX_DELAY_MS, type NumberRule, showValue } from '../domain/numberRule';
import { type TaskRegistry } from '../domain/TaskRegistry';
import { nameProblems } from './TaskQuery';

/** What `getStats` looks at; every field may be left out. */
export interface StatsQuery {
  /** The `queueName` of a definition. Default: all definitions. */
  readonly name?: string;
  /** How far back to look at tasks that have ended, in milliseconds; 1000 to 10 years. Default: 1 hour. */
  readonly windowMs?: number;
}

const NUMBER_RULES = { windowMs: { min: 1000, max: MAX_DELAY_MS } } as const satisfies Record<
  string,
  NumberRule
>;

/** Lists everything that is wrong with a query of `getStats`; an empty list means that it is fine. */
export const statsQueryProblems = (query: unknown, registry: TaskRegistry): readonly string[] => {
  if (!isRecord(query)) return [`expected the query to be an object, got ${showValue(query)}`];
  return [
    ...unknownFieldProblems(query, ['name', ...Object.keys(NUMBER_RULES)]),
    ...nameProblems(query['name'], registry),
    ...numberFieldProblems(query, NUMBER_RULES),
  ];
};
