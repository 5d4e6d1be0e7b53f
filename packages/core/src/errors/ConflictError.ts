import { AppError } from './AppError';

/** The request contradicts what is already there: the caller should read the present state and decide again. */
export class ConflictError extends AppError {
  override readonly name = 'ConflictError';
  override readonly code = 'conflict';
}
