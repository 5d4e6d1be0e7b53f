/** What an {@link AppError} carries besides its message: plain data, never a secret. */
export type ErrorMetadata = Readonly<Record<string, unknown>>;

/** The exception that led to an error, kept for the log. */
export interface ErrorCause {
  readonly cause?: unknown;
}

/** What explains an {@link AppError} besides its message. */
export interface ErrorDetails extends ErrorCause {
  /** Default: empty. */
  readonly metadata?: ErrorMetadata | undefined;
}

/** What an {@link AppError} is made of besides its message. */
export interface AppErrorOptions<Code extends string> extends ErrorDetails {
  readonly code: Code;
}

/**
 * An expected failure of the application, carried by `Result`. Each subclass has its own closed union
 * of codes, so that a caller can switch on it instead of reading messages.
 */
export abstract class AppError<Code extends string = string> extends Error {
  /** Names the reason for a program; stable across releases, unlike the message. */
  readonly code: Code;
  /** Facts about the failure. Default: empty. */
  readonly metadata: ErrorMetadata;

  constructor(message: string, { code, metadata = {}, cause }: AppErrorOptions<Code>) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.metadata = metadata;
  }
}
