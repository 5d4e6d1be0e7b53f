import { type ILogger } from '@backend/logger/Logger';
import { AfterWriteError } from '@backend/services/shared/AfterWriteError';
import { WriteRefusedError } from '@backend/services/shared/WriteRefusedError';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { type PartialUser, partialUserSchema, type User } from '@core/domain/user/user';
import { AppError } from '@core/errors/AppError';
import { ValidationError } from '@core/errors/ValidationError';
import { validate } from '@core/validation/validate';
import { Hono } from 'hono';
import { err, ok, type Result } from 'neverthrow';
import { createMethodHandler, type HttpError, respondWithError } from './ErrorResponse';
import { type HttpContext, type HttpEnvironment } from './HttpEnvironment';

/** Where users are signed up. */
export const USERS_PATH = '/users';

/** Signs users up; `UsersService` does. */
export interface UserCreator {
  create(data: PartialUser, options: { readonly correlationId: CorrelationId }): Promise<Result<User, Error>>;
}

/** What the route takes: no id, since the server chooses it. */
const newUserSchema = partialUserSchema.omit({ id: true }).strict();

/**
 * Creates `POST /users` with `{ email, name }`: 201 with the user, 400, 409 (the email is taken), 422 (a hook refused) or 503
 * (try again later). A user who is stored is answered with 201 although a hook after it failed; the log says so. Other
 * methods: 405.
 * An example: it asks nobody who they are.
 */
export const createUserRoutes = (users: UserCreator, logger: ILogger): Hono<HttpEnvironment> =>
  new Hono<HttpEnvironment>()
    .post(USERS_PATH, async (c) => {
      const data = (await readJson(c)).andThen((body) => validate(newUserSchema, body));
      if (data.isErr()) return respondWithError(c, toHttpError(data.error));
      const created = await users.create(data.value, { correlationId: c.get('correlationId') });
      if (created.isOk()) return c.json(created.value, 201);
      if (created.error instanceof AfterWriteError) {
        // An error would make the caller try again, and meet the user who is there.
        const user: User = created.error.entity;
        logger.error('A user is created, but a hook after it failed', created.error, { userId: user.id });
        return c.json(user, 201);
      }
      const refused = toHttpError(created.error);
      if (refused.status >= 500) logger.error('A user could not be created', created.error);
      if (refused.status === 503) c.header('Retry-After', '5');
      return respondWithError(c, refused);
    })
    .all(USERS_PATH, createMethodHandler('POST'));

const readJson = async (c: HttpContext): Promise<Result<unknown, ValidationError>> => {
  try {
    return ok(await c.req.json());
  } catch (cause) {
    const message = 'expected the body to be JSON such as {"email":"ada@example.com","name":"Ada"}';
    return err(new ValidationError(message, [{ path: '', message }], { cause }));
  }
};

const toHttpError = (error: Error): HttpError => {
  const { message } = error;
  if (error instanceof ValidationError)
    return { status: 400, code: error.code, message, issues: error.issues };
  if (error instanceof WriteRefusedError) return toHttpRefusal(error);
  const code = error instanceof AppError ? error.code : undefined;
  switch (code) {
    case 'conflict':
      return { status: 409, code, message };
    case 'storage-unavailable':
    case 'queue-unavailable':
    case 'ledger-unavailable':
    case 'tasks-disabled':
      return { status: 503, code, message };
    default:
      // Not the caller's doing, and its text is not meant for callers.
      return { status: 500, code: 'internal-error', message: 'the user could not be created' };
  }
};

/** What a hook answers is meant for the caller. A kind of error that the API knows keeps its status. */
const toHttpRefusal = ({ cause, message, code: ownCode }: WriteRefusedError): HttpError => {
  const known = toHttpError(cause);
  if (known.status !== 500) return known;
  return { status: 422, code: cause instanceof AppError ? cause.code : ownCode, message };
};
