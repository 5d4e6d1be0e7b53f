import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { TaskRegistryError } from '../domain/TaskRegistry';
import { shown } from './__fixtures__/LetterBench';
import { createDeadLetterQueue, type DeadLetterQueue } from './DeadLetterQueue';
import { checkListOptions, checkPurgeCall, checkRetryAllOptions, checkRetryCall } from './LetterQuery';

const id = TaskId();
const early = new Date(0);
const late = new Date(1000);
const at = (field: string): string => `expected ${field} to be`;

/** A call with an argument whose type is wrong on purpose. */
const wrong = <T>(value: unknown): T => value as T;

describe('the options of dead letters', () => {
  const accepted = [
    checkListOptions({}),
    checkListOptions({ name: 'a', limit: 1, offset: 0 }),
    checkListOptions({ limit: 1000, offset: 1_000_000 }),
    checkRetryCall(id),
    checkRetryCall(id, { force: false }),
    checkRetryAllOptions({}),
    checkRetryAllOptions({ limit: 1_000_000, failedAfter: early, failedBefore: late, name: 'a' }),
    checkPurgeCall(0, {}),
    checkPurgeCall(315_360_000_000, { name: 'a' }),
  ];

  it('are accepted from bound to bound', () => {
    expect(accepted.filter((answer) => answer.isErr())).toEqual([]);
  });

  const refused: [call: Parameters<typeof shown>[0], message: string][] = [
    [checkListOptions(wrong(100)), `${at('options')} an object, got 100`],
    [checkListOptions(wrong(null)), `${at('options')} an object, got null`],
    [checkListOptions({ limit: 0 }), `${at('limit')} an integer from 1 to 1000, got 0`],
    [checkListOptions({ limit: 1001 }), `${at('limit')} an integer from 1 to 1000, got 1001`],
    [checkListOptions({ limit: wrong('5') }), `${at('limit')} an integer from 1 to 1000, got "5"`],
    [checkListOptions({ offset: -1 }), `${at('offset')} an integer from 0 to 1000000, got -1`],
    [checkListOptions(wrong({ ofset: 1 })), 'unknown option ofset. Did you mean "offset"?'],
    [checkRetryCall(5), `${at('id')} a task id, got 5`],
    [checkRetryCall(''), `${at('id')} a task id, got ""`],
    [checkRetryCall(id, wrong({ force: 'yes' })), `${at('force')} a boolean, got "yes"`],
    [checkRetryCall(id, wrong({ forced: true })), 'unknown option forced. Did you mean "force"?'],
    [checkRetryAllOptions({ limit: 1.5 }), `${at('limit')} an integer from 1 to 1000000, got 1.5`],
    [checkRetryAllOptions({ failedAfter: wrong(5) }), `${at('failedAfter')} a valid Date, got 5`],
    [
      checkRetryAllOptions({ failedBefore: new Date(Number.NaN) }),
      `${at('failedBefore')} a valid Date, got an invalid date`,
    ],
    [
      checkRetryAllOptions({ failedAfter: late, failedBefore: late }),
      'expected failedAfter to lie before failedBefore, got 1970-01-01T00:00:01.000Z and 1970-01-01T00:00:01.000Z',
    ],
    [checkPurgeCall(-1, {}), `${at('olderThanMs')} an integer from 0 to 315360000000, got -1`],
    [checkPurgeCall(wrong('7d'), {}), `${at('olderThanMs')} an integer from 0 to 315360000000, got "7d"`],
    [checkPurgeCall(5, wrong({ names: 'a' })), 'unknown option names. Did you mean "name"?'],
  ];

  it.each(refused.map(([answer, message]) => [message, answer] as const))(
    'are refused: %s',
    (message, answer) => {
      expect(shown(answer)).toEqual({ code: 'invalid-query', message });
    },
  );

  it('lists every problem at once', () => {
    expect(shown(checkListOptions({ limit: 0, offset: -1 }))).toEqual({
      code: 'invalid-query',
      message:
        'expected limit to be an integer from 1 to 1000, got 0; expected offset to be an integer from 0 to 1000000, got -1',
    });
  });
});

describe('createDeadLetterQueue', () => {
  const task = defineTask({ queueName: 'emails:send', schema: z.object({}), handler: async () => ok() });
  const parts = {
    logger: silentLogger,
    // Nothing listens there: what is refused must not ask Redis.
    appConfig: parseAppConfig({ NODE_ENV: 'test', REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap(),
  };
  const letters = createDeadLetterQueue({ tasks: [task], ...parts });

  const calls: [what: string, call: (letters: DeadLetterQueue) => Promise<Parameters<typeof shown>[0]>][] = [
    ['list', () => letters.list({ name: 'email:send' })],
    ['retryAll', () => letters.retryAll({ name: 'email:send' })],
    ['purge', () => letters.purge(0, { name: 'email:send' })],
    ['count', () => letters.count('email:send')],
  ];

  it.each(calls)('answers %s of a name without a definition with the nearest one', async (_what, call) => {
    expect(shown(await call(letters))).toEqual({
      code: 'unknown-task',
      message: 'no task is named "email:send". Did you mean "emails:send"?',
    });
  });

  const wrongCalls: [
    what: string,
    call: (letters: DeadLetterQueue) => Promise<Parameters<typeof shown>[0]>,
  ][] = [
    ['list', () => letters.list({ limit: 0 })],
    ['get', () => letters.get(wrong(undefined))],
    ['retry', () => letters.retry(id, wrong({ force: 1 }))],
    ['retryAll', () => letters.retryAll({ limit: 0 })],
    ['purge', () => letters.purge(-1)],
    ['count', () => letters.count(wrong(5))],
    ['name to count', () => letters.count(wrong(null))],
    ['name to list', () => letters.list({ name: wrong(5) })],
    ['name to retryAll', () => letters.retryAll({ name: wrong({}) })],
    ['name to purge', () => letters.purge(0, { name: wrong([]) })],
    ['steps to retry', () => letters.retry(id, { steps: wrong(true) })],
    ['steps to retryAll', () => letters.retryAll({ steps: wrong('none') })],
  ];

  it.each(wrongCalls)('refuses a wrong %s before it asks Redis', async (_what, call) => {
    expect(shown(await call(letters))).toMatchObject({ code: 'invalid-query' });
  });

  it('throws for a wrong list of tasks', () => {
    expect(() => createDeadLetterQueue({ tasks: [task, task], ...parts })).toThrow(TaskRegistryError);
  });
});
