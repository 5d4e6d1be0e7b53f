import { AppError, type ErrorDetails } from '@core/errors/AppError';

/** A repository could not read or write. Nothing was changed; try again later, or look at the cause. */
export class StorageError extends AppError<'storage-unavailable'> {
  override readonly name = 'StorageError';

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'storage-unavailable', ...details });
  }
}
