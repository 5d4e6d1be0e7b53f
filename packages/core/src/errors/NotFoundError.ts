import { AppError, type ErrorDetails } from './AppError';

/** What was asked for does not exist, or no longer does. */
export class NotFoundError extends AppError<'not-found'> {
  override readonly name = 'NotFoundError';

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'not-found', ...details });
  }
}
