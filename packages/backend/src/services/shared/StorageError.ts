import { AppError } from '@core/errors/AppError';

/** A repository could not read or write. Nothing was changed; try again later, or look at the cause. */
export class StorageError extends AppError {
  override readonly name = 'StorageError';
  override readonly code = 'storage-unavailable';
}
