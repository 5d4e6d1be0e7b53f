import { AppError } from '@core/errors/AppError';

/**
 * Why the tables could not be brought up to date, besides a database that is not there.
 *
 * - `older`: there are no tables yet, or those of an earlier release, and whoever asked changes nothing.
 * - `newer`: a later release has changed them. Update Drover here.
 * - `foreign`: a table of the name is there already, and not ours. Name another schema.
 * - `forbidden`: the user of the database may not make the schema or its tables.
 */
export type SchemaErrorCode = 'older' | 'newer' | 'foreign' | 'forbidden';

/** The tables could not be brought up to date, and trying again is futile. The message is meant to be shown as it is. */
export class SchemaError extends AppError<SchemaErrorCode> {
  override readonly name = 'SchemaError';
}
