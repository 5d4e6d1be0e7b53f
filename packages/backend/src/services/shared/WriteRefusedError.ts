import { AppError } from '@core/errors/AppError';

/**
 * A hook refused a write, and nothing was written. The `cause` is what the hook answered, and the message is that of the
 * cause: it is meant for whoever asked for the write.
 */
export class WriteRefusedError extends AppError<'write-refused'> {
  override readonly name = 'WriteRefusedError';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message, { code: 'write-refused', cause });
    this.cause = cause;
  }
}
