import { describe, expect, it } from 'bun:test';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { Hono } from 'hono';
import { BoardAccessError, createBoardAccess } from './BoardAccess';

const configOf = (environment: Record<string, string>): AppConfig =>
  parseAppConfig(environment)._unsafeUnwrap();

const statusWith = async (config: AppConfig, credentials?: string): Promise<number> => {
  const app = new Hono().use(createBoardAccess(config)).get('/', (c) => c.text('board'));
  const headers: Record<string, string> =
    credentials === undefined ? {} : { Authorization: `Basic ${btoa(credentials)}` };
  return (await app.request('/', { headers })).status;
};

describe('createBoardAccess', () => {
  it.each([
    [undefined, 401],
    ['drover:wrong', 401],
    ['other:s3cret', 401],
    ['drover:', 401],
    ['drover:s3cret', 200],
  ])('answers other machines with the credentials %p: %i', async (credentials, status) => {
    expect(await statusWith(configOf({ HOST: '0.0.0.0', BOARD_PASSWORD: 's3cret' }), credentials)).toBe(
      status,
    );
  });

  it('asks on a loopback address too when a password is set', async () => {
    const config = configOf({ BOARD_PASSWORD: 's3cret', BOARD_USER: 'ops' });

    expect([await statusWith(config), await statusWith(config, 'ops:s3cret')]).toEqual([401, 200]);
  });

  it('lets everybody on this machine pass without a password', async () => {
    expect(await statusWith(configOf({}))).toBe(200);
  });

  it('refuses to start open to other machines', () => {
    expect(() => createBoardAccess({ ...configOf({}), host: '0.0.0.0' })).toThrow(BoardAccessError);
  });
});
