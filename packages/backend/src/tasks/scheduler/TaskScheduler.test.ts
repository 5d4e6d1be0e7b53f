import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskScheduler } from './TaskScheduler';

const schema = z.object({ to: z.string() });
const task = defineTask({ queueName: 'emails:send', schema, handler: () => ok(1) });
const wrongTask = defineTask({
  queueName: 'bad name',
  schema,
  handler: () => ok(1),
  options: { maxAttempts: 0 },
});
const payload = { to: 'ada' };

/** A scheduler whose Redis does not exist: whoever gets past the checks fails with `queue-unavailable`. */
const setup = () =>
  createTaskScheduler({
    logger: getMockedLogger(),
    appConfig: parseAppConfig({
      NODE_ENV: 'test',
      REDIS_URL: 'redis://127.0.0.1:1',
      SCHEDULE_DEADLINE_MS: '1',
    })._unsafeUnwrap(),
  });

describe('TaskScheduler.schedule', () => {
  it('refuses a wrong definition and lists all its problems', async () => {
    const error = (await setup().schedule(CorrelationId(), wrongTask, payload))._unsafeUnwrapErr();

    expect(error.code).toBe('invalid-task');
    expect(error.message).toMatch(
      /^the task bad name is refused: expected queueName .*; expected maxAttempts /,
    );
  });

  it('refuses what is no correlation ID', async () => {
    const id = 'two words' as CorrelationId;

    expect((await setup().schedule(id, task, payload))._unsafeUnwrapErr().code).toBe(
      'invalid-correlation-id',
    );
  });

  it('refuses wrong options and lists all of them', async () => {
    const scheduled = await setup().schedule(CorrelationId(), task, payload, { delayMs: -1, maxAttempts: 0 });

    expect(scheduled._unsafeUnwrapErr().code).toBe('invalid-options');
    expect(scheduled._unsafeUnwrapErr().message).toMatch(
      /^the options for emails:send are refused: expected delayMs .*; expected maxAttempts /,
    );
  });

  it('refuses an invalid payload with its issues', async () => {
    const invalid = { to: 7 } as unknown as typeof payload;

    expect((await setup().schedule(CorrelationId(), task, invalid))._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-payload',
      issues: [{ path: 'to', message: 'Invalid input: expected string, received number' }],
    });
  });
});
