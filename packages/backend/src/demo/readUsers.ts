import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PartialUser, partialUserSchema } from '@core/domain/user/user';
import { AppError, type ErrorCause } from '@core/errors/AppError';
import { describeUnknown } from '@core/errors/describeUnknown';
import { validate } from '@core/validation/validate';
import { parse } from 'csv-parse/sync';
import { err, ok, type Result } from 'neverthrow';

/** The 200 users of the demo and one malformed row. */
export const demoUsersPath: string = join(import.meta.dirname, 'users.csv');

/** One line of the file is not a user; the others are not affected. */
export class UserRowError extends AppError<'malformed-row'> {
  override readonly name = 'UserRowError';
  /** 1-based; the header is line 1. */
  readonly line: number;

  constructor(line: number, problem: string, options: ErrorCause = {}) {
    super(`line ${line}: ${problem}`, { code: 'malformed-row', metadata: { line }, ...options });
    this.line = line;
  }
}

const columns = ['email', 'name'] as const;

/** Reads users from a CSV file in UTF-8; see {@link parseUsers}. Rejects when the file cannot be read. */
export const readUsers = async (path: string): Promise<Result<PartialUser, UserRowError>[]> =>
  parseUsers(await readFile(path, 'utf8'));

/**
 * Reads users from CSV: the header `email,name`, then a user on each line. A field cannot hold a line break, so that one
 * stray quote spoils one line and no other. Empty lines are skipped.
 *
 * @returns A user or an error for each line, in the order of the file; for a wrong header that error alone.
 */
export const parseUsers = (csv: string): Result<PartialUser, UserRowError>[] => {
  const [header = '', ...lines] = csv.split(/\r?\n/);
  // `trim` also removes a byte order mark.
  if (header.trim() !== columns.join(',')) {
    return [
      err(new UserRowError(1, `expected the header "${columns.join(',')}", got ${JSON.stringify(header)}`)),
    ];
  }
  return lines.flatMap((text, index) => (text.trim() === '' ? [] : [parseRow(text, index + 2)]));
};

const parseRow = (text: string, line: number): Result<PartialUser, UserRowError> =>
  splitFields(text, line).andThen((fields) => {
    if (fields.length !== columns.length) {
      return err(
        new UserRowError(
          line,
          `expected ${columns.length} fields (${columns.join(', ')}), got ${fields.length}`,
        ),
      );
    }
    const [email, name] = fields;
    return validate(partialUserSchema, { email, name }).mapErr(
      (error) => new UserRowError(line, error.message, { cause: error }),
    );
  });

const splitFields = (text: string, line: number): Result<string[], UserRowError> => {
  try {
    return ok(parse(text, { relax_column_count: true, trim: true })[0] ?? []);
  } catch (thrown) {
    return err(new UserRowError(line, `expected CSV, got: ${describeUnknown(thrown)}`, { cause: thrown }));
  }
};
