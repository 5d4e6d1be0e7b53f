import { AppError } from './AppError';

/** What was asked for does not exist, or no longer does. */
export class NotFoundError extends AppError {
  override readonly name = 'NotFoundError';
  override readonly code = 'not-found';
}
