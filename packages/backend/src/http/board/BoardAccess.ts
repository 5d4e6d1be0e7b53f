import { type AppConfig } from '@backend/config/AppConfig';
import { isLoopbackHost } from '@backend/config/isLoopbackHost';
import { type MiddlewareHandler } from 'hono';
import { basicAuth } from 'hono/basic-auth';

/** The board would be open to other machines without a password. Thrown at start-up. */
export class BoardAccessError extends Error {
  override readonly name = 'BoardAccessError';
}

/**
 * Creates what asks for user and password before the board is shown: whenever a password is configured. Without one it lets
 * everybody pass, which only a server on a loopback address may do.
 *
 * @throws BoardAccessError when `HOST` is no loopback address and there is no `BOARD_PASSWORD`.
 */
export const createBoardAccess = ({ host, boardUser, boardPassword }: AppConfig): MiddlewareHandler => {
  if (boardPassword !== undefined) {
    return basicAuth({
      username: boardUser,
      password: boardPassword,
      realm: 'Drover board',
      invalidUserMessage: { error: 'expected the user BOARD_USER and the password BOARD_PASSWORD' },
    });
  }
  if (isLoopbackHost(host)) return (_c, next) => next();
  throw new BoardAccessError(
    `expected BOARD_PASSWORD to be set when HOST is not a loopback address, got nothing with HOST "${host}"`,
  );
};
