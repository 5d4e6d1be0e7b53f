import { AppError } from '@core/errors/AppError';

/**
 * A hook refused a write, and nothing was written. The `cause` is what the hook answered, and the message is that of the
 * cause: it is meant for whoever asked for the write.
 */
export class WriteRefusedError extends AppError {
  override readonly name = 'WriteRefusedError';
  override readonly code = 'write-refused';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message, {}, { cause });
    this.cause = cause;
  }
}
