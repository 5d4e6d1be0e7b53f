import { type Violation } from '../check/Violation';
import { type Side } from '../contestants/Contestant';

/** One run to be made. */
export interface TrialRequest {
  readonly side: Side;
  readonly caseName: string;
  readonly seed: number;
  /** Whether a failing scenario is made smaller, which takes several more runs. */
  readonly shrinks: boolean;
}

/** How it went. */
export interface Trial extends TrialRequest {
  /** Why the bench itself could not run it; undefined when it did. */
  readonly broken: string | undefined;
  readonly violations: readonly Violation[];
  /** Acknowledged tasks that are in no terminal status, or in two. */
  readonly lostCount: number;
  /** Runs beyond the first and those that a handler asked for. */
  readonly extraRunCount: number;
  /** The longest time a task waited although it could have run; milliseconds. */
  readonly slowestMs: number;
  readonly durationMs: number;
  /** For people: the smallest failing scenario, keys and log lines; empty when everything held. */
  readonly report: string;
}

/** Whether nothing went wrong. */
export const hasPassed = ({ broken, violations }: Trial): boolean =>
  broken === undefined && violations.length === 0;
