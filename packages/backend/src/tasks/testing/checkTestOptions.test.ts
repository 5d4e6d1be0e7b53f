import { describe, expect, it } from 'bun:test';
import { ResourceToken } from '../domain/ResourceToken';
import { checkTestResources, checkTestSchedulerOptions } from './checkTestOptions';
import { TestingError } from './TestingError';
import { type TestSchedulerOptions } from './TestScheduler';

const token = ResourceToken<string>('mailer');

describe('checkTestSchedulerOptions', () => {
  const wrong: [option: string, value: unknown, message: string][] = [
    ['resources', 'mailer', 'expected resources to be a list of tokens and their values, got "mailer"'],
    [
      'resources',
      ['mailer'],
      'expected resources[0] to be a token and its value, such as [mailerToken, mailer], got "mailer"',
    ],
    [
      'resources',
      [[token, 1], [token]],
      'expected resources[1] to be a token and its value, such as [mailerToken, mailer], got an array of 1',
    ],
    [
      'resources',
      [[token, 1], { token }],
      'expected resources[1] to be a token and its value, such as [mailerToken, mailer], got an object',
    ],
    [
      'resources',
      [[7, 1]],
      'expected resources[0] to be a token (ResourceToken(name), a class, a symbol or a text), got 7',
    ],
    [
      'resources',
      [
        [token, 1],
        [token, 2],
      ],
      'expected every token once in resources, got "mailer" again',
    ],
    [
      'appConfig',
      { TASK_BACKOFF_MS: '0' },
      'expected appConfig to be a configuration, such as testConfig({ ... }), got an object',
    ],
    ['appConfig', null, 'expected appConfig to be a configuration, such as testConfig({ ... }), got null'],
    [
      'logger',
      { log: () => undefined },
      'expected logger to have the methods of an ILogger, got an object without debug, info, warn, error, child, flush',
    ],
    ['logger', null, 'expected logger to have the methods of an ILogger, got null'],
  ];

  it.each(wrong)('refuses the option %s: %p', (option, value, message) => {
    const options: TestSchedulerOptions = { [option]: value };

    expect(() => checkTestSchedulerOptions(options)).toThrow(new TestingError(message));
  });

  it.each([null, 5])('refuses %p in the place of options', (options) => {
    expect(() => checkTestSchedulerOptions(options as never)).toThrow(
      new TestingError(`expected options to be an object, got ${options}`),
    );
  });

  it('refuses what is no list of tasks', () => {
    expect(() => checkTestSchedulerOptions({ tasks: 'x' as never })).toThrow(
      'expected tasks to be a list of what defineTask returns, got "x"',
    );
  });

  it('lists everything that is wrong', () => {
    expect(() => checkTestSchedulerOptions({ resources: 7 as never, patienceMs: 0 })).toThrow(
      new TestingError(
        'expected patienceMs to be an integer from 1 to 60000, got 0; expected resources to be a list of tokens and their values, got 7',
      ),
    );
  });
});

describe('checkTestResources', () => {
  it('reads what can be read only once', () => {
    const entries = new Map([[token, 'smtp']]).entries();

    expect(checkTestResources(entries)).toEqual([[token, 'smtp']]);
  });
});
