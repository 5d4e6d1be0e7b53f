import { isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { type NumberRule, showValue } from './numberRule';

/** What an isolated attempt may use. */
export interface IsolationLimits {
  /**
   * Megabytes (2^20 bytes) of resident memory; 64 to 1,048,576. The process is killed when it has more, which is looked at
   * four times a second. Default: no limit.
   */
  readonly maxMemoryMb?: number;
}

/** Runs each attempt in a process of its own. */
export type Isolate = true | IsolationLimits;

const LIMIT_RULES = {
  // A process that has done nothing yet has about 50.
  maxMemoryMb: { min: 64, max: 1_048_576 },
} as const satisfies Record<keyof IsolationLimits, NumberRule>;

/** Lists what is wrong with the option `isolate`; an empty list means that it is fine, or left out. */
export const isolationProblems = (isolate: unknown): string[] => {
  if (isolate === undefined || isolate === true) return [];
  if (!isRecord(isolate)) return [`expected isolate to be true or an object, got ${showValue(isolate)}`];
  return [
    ...unknownFieldProblems(isolate, Object.keys(LIMIT_RULES), 'isolate.'),
    ...numberFieldProblems(isolate, LIMIT_RULES, 'isolate.'),
  ];
};
