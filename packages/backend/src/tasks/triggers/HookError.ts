import { AppError, type ErrorCause } from '@core/errors/AppError';

/**
 * How a hook broke.
 *
 * - `hook-threw`: it threw or rejected; `cause` has what.
 * - `invalid-answer`: it answered something other than a `Result`.
 * - `several-failed`: more than one `after` hook failed; `errors` has each.
 */
export const HOOK_ERROR_CODES = ['hook-threw', 'invalid-answer', 'several-failed'] as const;

/** How a hook broke: one of `HOOK_ERROR_CODES`. */
export type HookErrorCode = (typeof HOOK_ERROR_CODES)[number];

interface HookErrorOptions extends ErrorCause {
  readonly code: HookErrorCode;
  readonly errors?: readonly Error[];
}

/** A hook did not do its part. From a `before` hook: nothing was written. From an `after` hook: the write is done. */
export class HookError extends AppError {
  override readonly name = 'HookError';
  override readonly code: HookErrorCode;
  /** The errors of each hook, for `several-failed`; otherwise empty. */
  readonly errors: readonly Error[];

  constructor(message: string, { code, errors = [], cause }: HookErrorOptions) {
    super(message, {}, cause === undefined ? {} : { cause });
    this.code = code;
    this.errors = errors;
  }
}
