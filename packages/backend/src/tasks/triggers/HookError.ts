import { AppError, type AppErrorOptions } from '@core/errors/AppError';

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

interface HookErrorOptions extends AppErrorOptions<HookErrorCode> {
  readonly errors?: readonly Error[];
}

/** A hook did not do its part. From a `before` hook: nothing was written. From an `after` hook: the write is done. */
export class HookError extends AppError<HookErrorCode> {
  override readonly name = 'HookError';
  /** The errors of each hook, for `several-failed`; otherwise empty. */
  readonly errors: readonly Error[];

  constructor(message: string, { errors = [], ...options }: HookErrorOptions) {
    super(message, options);
    this.errors = errors;
  }
}
