/** What an {@link AppError} carries besides its message: plain data, never a secret. */
export type ErrorMetadata = Readonly<Record<string, unknown>>;

/** The exception that led to an error, kept for the log. */
export interface ErrorCause {
  readonly cause?: unknown;
}

/**
 * An expected failure of the application, carried by `Result`. Each subclass narrows `code` to its own closed
 * union, so that a caller can switch on it instead of reading messages.
 */
export abstract class AppError extends Error {
  /** Names the reason for a program; stable across releases, unlike the message. */
  abstract readonly code: string;
  /** Facts about the failure. Default: empty. */
  readonly metadata: ErrorMetadata;

  constructor(message: string, metadata: ErrorMetadata = {}, options: ErrorCause = {}) {
    super(message, options);
    this.metadata = metadata;
  }
}
