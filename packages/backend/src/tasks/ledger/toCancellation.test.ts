import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { createQueueAccess } from '../queue/QueueAccess';
import { toCancellation } from './toCancellation';

describe('toCancellation', () => {
  it.each([
    [undefined, 7],
    [2, 2],
  ])('has the attempts of the configuration for a task that says %p', (maxAttempts, expected) => {
    const env = { NODE_ENV: 'test', LEDGER_URL: 'off', TASK_MAX_ATTEMPTS: '7', QUEUE_PREFIX: 'other' };
    const appConfig = parseAppConfig(env)._unsafeUnwrap();
    const logger = getMockedLogger();
    const access = createQueueAccess({ logger, appConfig });
    const task = { taskName: 'emails:send', id: '17', reason: 'sold out' };

    expect(toCancellation({ access, logger, appConfig }, { ...task, maxAttempts })).toEqual({
      ...task,
      access,
      logger,
      prefix: 'other',
      ledger: undefined,
      ledgerRequired: true,
      maxAttempts: expected,
    });
  });
});
