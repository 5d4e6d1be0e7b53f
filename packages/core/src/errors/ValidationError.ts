import { AppError, type ErrorCause } from './AppError';

/** One broken rule. */
export interface ValidationIssue {
  /** Where in the data: `items[0].price`; empty for the data as a whole. */
  readonly path: string;
  /** The rule that is broken. */
  readonly message: string;
}

/** Data does not satisfy its schema. The caller should correct the data: trying again with the same data is futile. */
export class ValidationError extends AppError<'validation'> {
  override readonly name = 'ValidationError';
  /** Every broken rule, in the order of the schema; at least one. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, issues: readonly ValidationIssue[], options: ErrorCause = {}) {
    super(message, { code: 'validation', ...options });
    this.issues = issues;
  }
}
