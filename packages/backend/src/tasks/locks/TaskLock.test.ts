import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { createTaskLock } from './TaskLock';

/** Locks on a Redis that does not exist: whatever gets past the checks fails with `queue-unavailable`. */
const setup = () =>
  createTaskLock({
    logger: silentLogger,
    appConfig: parseAppConfig({ NODE_ENV: 'test', REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap(),
  });

describe('createTaskLock', () => {
  const lock = setup();

  it.each([
    ['acquire', () => lock.acquire('', '', 0), ['key', 'holder', 'ttlMs']],
    ['extend', () => lock.extend('', '', 0), ['key', 'holder', 'ttlMs']],
    ['release', () => lock.release('', ''), ['key', 'holder']],
    ['isHeld with a holder', () => lock.isHeld('', ''), ['key', 'holder']],
    ['isHeld', () => lock.isHeld(''), ['key']],
  ])(
    'checks what %s is given before it asks Redis, and names all that is wrong',
    async (_name, call, fields) => {
      const { code, message } = (await call())._unsafeUnwrapErr();
      expect(code).toBe('invalid-lock');
      expect([...message.matchAll(/expected (\w+) to be/g)].map(([, field]) => field)).toEqual(fields);
    },
  );
});
