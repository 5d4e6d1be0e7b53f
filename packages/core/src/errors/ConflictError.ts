import { AppError, type ErrorDetails } from './AppError';

/** The request contradicts what is already there: the caller should read the present state and decide again. */
export class ConflictError extends AppError<'conflict'> {
  override readonly name = 'ConflictError';

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'conflict', ...details });
  }
}
