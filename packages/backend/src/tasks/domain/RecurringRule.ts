import { isRecord, unknownFieldProblems } from './fieldProblems';
import { showValue } from './numberRule';
import { choiceProblems, type RecurringOptions } from './RecurringSchedule';
import { type ScheduleTiming, timingFieldProblems } from './ScheduleTiming';

/** The recurring schedule that a definition declares. Workers create, change and delete it when they start. */
export type RecurringRule = ScheduleTiming &
  Omit<RecurringOptions, 'id'> & {
    /** What each run gets; checked with the definition's schema when a worker starts. Default: `{}`. */
    readonly payload?: unknown;
  };

const FIELDS = ['everyMs', 'cron', 'timezone', 'payload', 'missed', 'overlap'];

/** Lists everything that is wrong with the option `recurring` of a definition, but for its payload. */
export const recurringRuleProblems = (rule: unknown): string[] => {
  if (rule === undefined) return [];
  if (!isRecord(rule)) return [`expected recurring to be an object, got ${showValue(rule)}`];
  return [
    ...unknownFieldProblems(rule, FIELDS, 'recurring.'),
    ...timingFieldProblems(rule, 'recurring.'),
    ...choiceProblems(rule, 'recurring.'),
  ];
};
