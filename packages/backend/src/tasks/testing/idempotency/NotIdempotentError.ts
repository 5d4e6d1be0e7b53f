import { describePlain } from '../describePlain';
import { type EffectCall } from './EffectCall';
import { type Difference } from './firstDifference';

/** What a schedule of runs did, and what came of it. */
export interface IdempotencyFinding {
  readonly taskName: string;
  /** In words: `run twice in a row`. */
  readonly schedule: string;
  readonly calls: readonly EffectCall[];
  /** Where the world differs from that after one undisturbed run; `undefined` when the task did not complete. */
  readonly difference: Difference | undefined;
  /** How the last run ended, when the task did not complete. */
  readonly lastEnd?: string | undefined;
}

/** A handler does something else when it is run twice, at the same time, or again after an interruption. Thrown. */
export class NotIdempotentError extends Error {
  override readonly name = 'NotIdempotentError';
  readonly finding: IdempotencyFinding;

  constructor(finding: IdempotencyFinding) {
    super(toReport(finding));
    this.finding = finding;
  }
}

const toCallLine = ({ run, name, args, mark }: EffectCall): string => {
  const call = `  run ${run}: ${name}(${args.map(describePlain).join(', ')})`;
  return mark === undefined ? call : `${call} <- ${mark}`;
};

const toConclusion = ({ difference, lastEnd }: IdempotencyFinding): string => {
  if (difference === undefined) return `the task does not complete any more: ${lastEnd ?? 'it did not end'}`;
  const { path, expected, got } = difference;
  const place = path === '' ? 'the snapshot' : path;
  return `after it, ${place} differs from that after one undisturbed run: expected ${expected}, got ${got}`;
};

const toReport = (finding: IdempotencyFinding): string =>
  [
    `${finding.taskName} is not idempotent: ${finding.schedule}`,
    ...finding.calls.map(toCallLine),
    toConclusion(finding),
  ].join('\n');
