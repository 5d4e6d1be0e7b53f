import { type UsersService } from '@backend/services/users/UsersService';
import { CorrelationId } from '@core/domain/CorrelationId';
import { readUsers } from './readUsers';

/** What came of signing up the users of a file. */
export interface SignUps {
  /** Correlation IDs of the accepted ones, in the order of the file. */
  readonly accepted: readonly { readonly email: string; readonly correlationId: CorrelationId }[];
  /** One sentence for each refused line. */
  readonly refused: readonly string[];
}

interface SignUpOptions {
  readonly path: string;
  readonly users: Pick<UsersService, 'create'>;
}

/** Signs up every user of a CSV file, each as a request with a correlation ID of its own. */
export const signUpUsers = async ({ path, users }: SignUpOptions): Promise<SignUps> => {
  const accepted: { readonly email: string; readonly correlationId: CorrelationId }[] = [];
  const refused: string[] = [];
  for (const row of await readUsers(path)) {
    if (row.isErr()) {
      refused.push(row.error.message);
      continue;
    }
    const correlationId = CorrelationId();
    const created = await users.create(row.value, { correlationId });
    if (created.isOk()) accepted.push({ email: created.value.email, correlationId });
    else refused.push(`${row.value.email}: ${created.error.message}`);
  }
  return { accepted, refused };
};
