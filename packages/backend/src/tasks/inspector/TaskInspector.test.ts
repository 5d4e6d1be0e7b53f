import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { type InspectorError } from './InspectorError';
import { createTaskInspector } from './TaskInspector';

/** What a caller without types may give. */
const wrong = <T>(value: unknown): T => value as T; // that is the point

const task = defineTask({ queueName: 'mails:send', schema: z.unknown(), handler: () => ok(1) });

const environment = { REDIS_URL: 'redis://127.0.0.1:1', LEDGER_URL: 'off' };

// Nothing listens there: what is refused must not ask Redis.
const setup = () =>
  createTaskInspector({
    tasks: [task],
    logger: silentLogger,
    appConfig: parseAppConfig(environment)._unsafeUnwrap(),
  });

describe('createTaskInspector', () => {
  const id = TaskId();
  const wrongCalls: [message: string, call: () => Promise<Result<unknown, InspectorError>>][] = [
    ['unknown option forse. Did you mean "force"?', () => setup().retry(id, wrong({ forse: true }))],
    ['expected force to be a boolean, got "false"', () => setup().retry(id, { force: wrong('false') })],
    ['expected options to be an object, got null', () => setup().retry(id, wrong(null))],
    ['expected options to be an object, got true', () => setup().retry(id, wrong(true))],
    ['expected id to be a task id, got 5', () => setup().retry(wrong(5))],
    ['expected id to be a task id, got undefined', () => setup().getTask(wrong(undefined))],
    ['expected id to be a task id, got undefined', () => setup().getLogs(wrong(undefined))],
    ['expected id to be a task id, got undefined', () => setup().cancel(wrong(undefined))],
    ['expected id to be a task id, got {}', () => setup().cancel(wrong({}))],
    ['expected id to be a task id, got 5', () => setup().getAttempts(wrong(5))],
    [
      'correlationId: expected CorrelationId to be 1..128 characters of A-Z a-z 0-9 . _ : -, got "two words"',
      () => setup().trace(wrong('two words')),
    ],
    ['expected id to be a task id, got ""', () => setup().cancel(wrong(''))],
    ['expected id to be a task id, got 5', () => setup().why(wrong(5))],
    ['expected name to be the name of a task, got 5', () => setup().getQueueDepth(wrong(5))],
    ['expected name to be the name of a task, got null', () => setup().getQueueDepth(wrong(null))],
  ];

  it.each(wrongCalls)('refuses a wrong call: %s', async (message, call) => {
    expect((await call())._unsafeUnwrapErr()).toMatchObject({ code: 'invalid-query', message });
  });

  it.each([
    ['a search by text', () => setup().getTasks({ text: 'ada' })],
    ['trace', () => setup().trace(CorrelationId())],
    ['getAttempts', () => setup().getAttempts(id)],
  ])('says that %s needs the ledger', async (wanted, call) => {
    const answer: Result<unknown, InspectorError> = await call();

    expect(answer._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-disabled',
      message: `${wanted} needs the ledger, and LEDGER_URL is off`,
    });
  });

  it('says in every answer that Redis does not answer', async () => {
    const appConfig = parseAppConfig(environment)._unsafeUnwrap();
    const inspector = createTaskInspector({ tasks: [task], logger: silentLogger, appConfig });
    const answers = await Promise.all([
      inspector.getTask(TaskId()),
      inspector.getTasks(),
      inspector.getQueueDepth(),
      inspector.getStats(),
      inspector.cancel(TaskId()),
      inspector.why(TaskId()),
    ]);
    closeSharedConnections();

    expect(answers.map((answer) => answer.isErr() && answer.error.code)).toEqual(
      answers.map(() => 'queue-unavailable'),
    );
  });
});
