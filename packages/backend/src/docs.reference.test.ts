import { describe, expect, it } from 'bun:test';
import { Result } from 'neverthrow';
import {
  interfaceFields,
  read,
  root,
  sorted,
  tableOf,
  unionMembers,
  unquote,
} from './__fixtures__/documentation';
import { toRetryDelayTable } from './__fixtures__/retryDelays';
import { parseAppConfig } from './config/AppConfig';
import { configurationKeys } from './config/configurationKeys';
import { getMockedLogger } from './logger/__mocks__/Logger.mock';
import { MAIL_ERROR_CODES } from './mail/MailError';
import { DEAD_LETTER_ERROR_CODES } from './tasks/deadLetters/DeadLetterError';
import {
  checkListOptions,
  checkPurgeCall,
  checkRetryAllOptions,
  checkRetryCall,
} from './tasks/deadLetters/LetterQuery';
import { CANCEL_ERROR_CODES } from './tasks/domain/CancelError';
import { CHILD_ERROR_CODES } from './tasks/domain/ChildError';
import { emptyStepStore } from './tasks/domain/emptyStepStore';
import { DEFAULT_WAIT_MS, waitOptionProblems } from './tasks/domain/HandleCall';
import { LATE_MS } from './tasks/domain/RecurringSchedule';
import { DEFAULT_RETRY_POLICY } from './tasks/domain/RetryPolicy';
import { scheduleOptionProblems } from './tasks/domain/ScheduleOptions';
import { timingProblems } from './tasks/domain/ScheduleTiming';
import { skipped } from './tasks/domain/Skipped';
import { bareEnvelope } from './tasks/domain/TaskEnvelope';
import { TASK_ERROR_CODES, TaskError } from './tasks/domain/TaskError';
import { TaskId } from './tasks/domain/TaskId';
import { type TaskOutcome } from './tasks/domain/TaskOutcome';
import {
  MAX_LOG_LENGTH,
  MAX_LOG_LINES,
  MAX_PROGRESS_BYTES,
  REPORT_INTERVAL_MS,
} from './tasks/domain/TaskReport';
import { TASK_RESULT_ERROR_CODES } from './tasks/domain/TaskResultError';
import { TASK_STATUSES } from './tasks/domain/TaskStatus';
import {
  MAX_STEP_NAME_LENGTH,
  MAX_STEPS,
  stepCallProblem,
  toCalledTwice,
  toLateCall,
  toLostTask,
  toNested,
  toRunningTwice,
  toTooMany,
  toUnstorable,
} from './tasks/domain/TaskStep';
import { taskOptionProblems } from './tasks/domain/taskOptionProblems';
import { INSPECTOR_ERROR_CODES } from './tasks/inspector/InspectorError';
import { TASK_LOCK_ERROR_CODES } from './tasks/locks/TaskLockError';
import { createCancellation } from './tasks/queue/Cancellation';
import { DEFAULT_RETENTION } from './tasks/queue/Retention';
import { TASKS_DISABLED_MESSAGE } from './tasks/queue/TasksDisabledError';
import { RECURRING_ERROR_CODES } from './tasks/recurring/RecurringError';
import { defineResource } from './tasks/resources/ResourceDefinition';
import { createTestScheduler } from './tasks/testing/TestScheduler';
import { HOOK_ERROR_CODES } from './tasks/triggers/HookError';
import { TRIGGER_ERROR_CODES } from './tasks/triggers/TriggerError';
import { idlePowers } from './tasks/worker/__fixtures__/idlePowers';
import { logAttempt } from './tasks/worker/attemptLog';
import { toLostLock } from './tasks/worker/GivenBack';

const error = new TaskError('too early');

/** One outcome of each kind. */
const outcomes = {
  completed: { kind: 'completed', value: 1 },
  retry: { kind: 'retry', error, delayMs: 1 },
  snoozed: { kind: 'snoozed', error, delayMs: 1 },
  released: { kind: 'released', error },
  cancelled: { kind: 'cancelled', error },
  failed: { kind: 'failed', error, reason: 'exhausted' },
} as const satisfies { readonly [Kind in TaskOutcome['kind']]: TaskOutcome & { readonly kind: Kind } };

describe('docs/reference/configuration.md', () => {
  const rows = ['Process', 'Redis', 'Ledger', 'API and board', 'Worker', 'Tasks', 'Mail'].flatMap((heading) =>
    tableOf(read('docs/reference/configuration.md'), heading).filter(([name = '']) =>
      /^`[A-Z_]+`$/.test(name),
    ),
  );

  it('lists every variable with its unit and default', () => {
    const listed = rows.map(([name, unit, value]) =>
      [unquote(name), unquote(unit), unquote(value)].join(' | '),
    );
    const expected = configurationKeys.map(({ name, unit, default: value }) =>
      [name, unit.replaceAll('|', ', '), value || 'unset'].join(' | '),
    );
    expect(listed.toSorted()).toEqual(expected.toSorted());
  });

  it.each(rows.map(([name, , , range]) => [unquote(name), range ?? ''] as const))(
    'knows the range of %s: %s',
    (name, range) => {
      const [, min, max] = /^(\d+) to (\d+)$/.exec(range) ?? [];
      const isRefused = (value: number): boolean =>
        parseAppConfig({ [name]: String(value) }).match(
          () => false,
          ({ problems }) => problems.some((problem) => problem.includes(`expected ${name} to be an integer`)),
        );
      if (min === undefined || max === undefined) {
        expect({ range, isNumber: isRefused(-1) }).toEqual({ range: '-', isNumber: false });
        return;
      }
      const refused = [Number(min) - 1, Number(min), Number(max), Number(max) + 1].map(isRefused);
      expect(refused).toEqual([true, false, false, true]);
    },
  );
});

describe('docs/reference/task-options.md', () => {
  const page = read('docs/reference/task-options.md');
  const now = Date.now();
  const inRetry = (options: object): string[] => taskOptionProblems({ retry: options });
  const inRetention = (options: object): string[] =>
    ['completed', 'failed', 'cancelled'].flatMap((kind) =>
      taskOptionProblems({ retention: { [kind]: options } }),
    );
  const domain = 'packages/backend/src/tasks/domain';

  const tables: [heading: string, fields: readonly string[], problems: (options: object) => string[]][] = [
    [
      'Options of a definition',
      [
        ...interfaceFields(`${domain}/TaskOptions.ts`, 'TaskOptions'),
        ...interfaceFields(`${domain}/Deduplication.ts`, 'DeduplicationOptions'),
      ],
      // A window needs its key.
      (options) =>
        taskOptionProblems(
          'idempotencyWindowMs' in options ? { ...options, idempotencyKey: () => 'k' } : options,
        ),
    ],
    [
      'Options of `retry`',
      [
        ...interfaceFields(`${domain}/RetryPolicy.ts`, 'RetryPolicy'),
        ...interfaceFields(`${domain}/TaskOptions.ts`, 'RetryOptions'),
      ],
      inRetry,
    ],
    ['Options of `retention`', interfaceFields(`${domain}/TaskOptions.ts`, 'RetentionRule'), inRetention],
    [
      'Options of `schedule`',
      [
        ...interfaceFields(`${domain}/ScheduleOptions.ts`, 'ScheduleOptions'),
        ...interfaceFields(`${domain}/Deduplication.ts`, 'DeduplicationOverrides'),
      ],
      (options) => scheduleOptionProblems(options, now),
    ],
  ];
  const recurringFields = [
    ...interfaceFields(`${domain}/RecurringSchedule.ts`, 'RecurringOptions'),
    ...['everyMs', 'cron', 'timezone', 'payload'],
  ];

  it.each(tables)('%s are those of the code', (heading, fields) => {
    expect(sorted(tableOf(page, heading).map(([name]) => unquote(name)))).toEqual(sorted(fields));
    expect(fields.length).toBeGreaterThan(0);
  });

  it.each(tables)('%s have the ranges of the code', (heading, _fields, problems) => {
    const ranges = tableOf(page, heading).flatMap(([name, type = '', , range = '']) => {
      const [, min, max] = /^(\d+) to (\d+)$/.exec(range) ?? [];
      return min === undefined || /object|text/.test(type)
        ? []
        : [{ name: unquote(name), type, min: Number(min), max: Number(max) }];
    });
    const probed = ranges.map(({ name, type, min, max }) => ({
      name,
      refused: [min - 1, min, max, max + 1].map(
        (value) => problems({ [name]: /list/.test(type) ? [value] : value }).length > 0,
      ),
    }));
    expect(probed).toEqual(ranges.map(({ name }) => ({ name, refused: [true, false, false, true] })));
    expect(ranges.length).toBeGreaterThan(1);
  });

  it('shows the waits that the code makes of retry policies', () => {
    expect(page).toContain(`<!-- made by make docs -->\n${toRetryDelayTable()}\n<!-- end -->`);
    expect(toRetryDelayTable()).toContain('| 66000 to 72000 |');
  });

  it('lists the fields of a recurring schedule, with the bounds of its interval', () => {
    const rows = tableOf(page, 'Options of a recurring schedule');
    const range = rows.find(([name]) => name === '`everyMs`')?.[3] ?? '';
    const [min = 0, max = 0] = range.split(' to ').map(Number);
    const refused = [min - 1, min, max, max + 1].map((everyMs) => timingProblems({ everyMs }).length > 0);

    expect(sorted(rows.map(([name]) => unquote(name)))).toEqual(sorted(recurringFields));
    expect(refused).toEqual([true, false, false, true]);
    expect(read('docs/guides/recurring.md')).toContain(`at most ${LATE_MS / 1000} seconds late`);
  });

  it('has the bounds of metadata and at', () => {
    const textOf = (bytes: number): object => ({ metadata: { a: 'x'.repeat(bytes - '{"a":""}'.length) } });
    const minuteMs = 60_000;
    const tenYearsMs = 10 * 365 * 24 * 60 * minuteMs;
    const at = (ms: number): object => ({ at: new Date(now + ms) });
    const options = [
      textOf(16_384),
      textOf(16_385),
      at(-minuteMs),
      at(-minuteMs - 1),
      at(tenYearsMs),
      at(tenYearsMs + 1),
    ];
    expect(options.map((each) => scheduleOptionProblems(each, now).length)).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('lists the options and the fields of a handle, with their range and default', () => {
    const [row = []] = tableOf(page, 'Options of `result` and `events`');
    const [min = 0, max = 0] = row[3]?.split(' to ').map(Number) ?? [];
    const refused = [min - 1, min, max, max + 1].map(
      (timeoutMs) => waitOptionProblems({ timeoutMs }).length > 0,
    );

    expect([unquote(row[0]), row[4]]).toEqual([
      ...interfaceFields(`${domain}/TaskHandle.ts`, 'TaskWaitOptions'),
      String(DEFAULT_WAIT_MS),
    ]);
    expect(refused).toEqual([true, false, false, true]);
    expect(tableOf(page, 'Fields of an event').map(([field]) => unquote(field))).toEqual([
      ...interfaceFields(`${domain}/TaskHandle.ts`, 'TaskEvent'),
    ]);
  });

  it('has the limits of reports', () => {
    expect(tableOf(page, 'Limits of reports').map(([, value]) => Number(value))).toEqual([
      MAX_PROGRESS_BYTES,
      MAX_LOG_LENGTH,
      MAX_LOG_LINES,
      REPORT_INTERVAL_MS,
    ]);
  });

  it('has the defaults of the code', () => {
    const defaultOf = (heading: string, option: string): string | undefined =>
      tableOf(page, heading).find(([name]) => unquote(name) === option)?.[4];
    const { backoff, multiplier, maxDelayMs, jitter } = DEFAULT_RETRY_POLICY;
    const { completed, failed, cancelled } = DEFAULT_RETENTION;
    expect(
      ['backoff', 'multiplier', 'maxDelayMs', 'jitter'].map((option) =>
        defaultOf('Options of `retry`', option),
      ),
    ).toEqual([`\`'${backoff}'\``, String(multiplier), String(maxDelayMs), String(jitter)]);
    expect(['ageMs', 'count'].map((option) => defaultOf('Options of `retention`', option))).toEqual([
      `completed ${completed.ageMs}, failed ${failed.ageMs}, cancelled ${cancelled.ageMs}`,
      `completed ${completed.count}, failed ${failed.count}, cancelled ${cancelled.count}`,
    ]);
  });

  it('lists the fields of a definition and of a worker', () => {
    const worker = 'packages/backend/src/tasks/worker/TaskWorkerOptions.ts';
    expect(sorted(tableOf(page, 'createTaskWorker').map(([name]) => unquote(name)))).toEqual(
      sorted(interfaceFields(worker, 'TaskWorkerOptions')),
    );
    const { problems: _problems, ...fields } = Object.fromEntries(
      interfaceFields(`${domain}/TaskDefinition.ts`, 'TaskDefinition').map((field) => [field, true]),
    );
    expect(sorted(tableOf(page, 'defineTask').map(([name]) => unquote(name)))).toEqual(
      sorted(Object.keys(fields)),
    );
  });
});

describe('docs/reference/errors.md', () => {
  const page = read('docs/reference/errors.md');
  const source = 'packages/backend/src';

  const unions: [heading: string, codes: readonly string[]][] = [
    ['ScheduleError', unionMembers(`${source}/tasks/domain/ScheduleError.ts`, 'ScheduleErrorCode')],
    ['TaskResultError', TASK_RESULT_ERROR_CODES],
    ['ChildError', CHILD_ERROR_CODES],
    ['TaskError codes', TASK_ERROR_CODES],
    ['Failure reasons', unionMembers(`${source}/tasks/domain/TaskOutcome.ts`, 'FailureReason')],
    ['InspectorError', INSPECTOR_ERROR_CODES],
    ['CancelError', CANCEL_ERROR_CODES],
    ['TaskLockError', TASK_LOCK_ERROR_CODES],
    ['TriggerError', TRIGGER_ERROR_CODES],
    ['HookError', HOOK_ERROR_CODES],
    ['DeadLetterError', DEAD_LETTER_ERROR_CODES],
    ['RecurringError', RECURRING_ERROR_CODES],
    ['WorkerStartError', unionMembers(`${source}/tasks/worker/WorkerStartError.ts`, 'WorkerStartErrorCode')],
    ['MailError', MAIL_ERROR_CODES],
  ];

  it.each(unions)('%s lists every code', (heading, codes) => {
    expect(sorted(tableOf(page, heading).map(([code]) => unquote(code)))).toEqual(sorted(codes));
    expect(codes.length).toBeGreaterThan(1);
  });

  it('quotes what a step is refused with', () => {
    const refusals = [
      stepCallProblem(undefined, () => 1)?.message.replace('undefined', '{value}'),
      stepCallProblem('s', undefined)?.message.replace('undefined', '{value}'),
      ...[toCalledTwice('s'), toRunningTwice('s'), toNested('s', 's'), toTooMany('s'), toLateCall('s')].map(
        ({ message }) => message,
      ),
      toUnstorable('s', '{what and where}').message,
    ].map((message) => message?.replaceAll('"s"', '{step}'));

    expect(tableOf(page, 'Errors of steps').map(([, message]) => unquote(message))).toEqual(
      refusals as string[],
    );
    expect(page.replaceAll('\n', ' ')).toContain(toLostTask('s').message.replace('"s"', '{step}'));
  });

  it('names all that throws a TaskRegistryError', async () => {
    const files = await Array.fromAsync(new Bun.Glob(`${source}/**/*.ts`).scan({ cwd: root }));
    const throwing = files.flatMap((file) =>
      [
        ...read(file).matchAll(
          /@throws TaskRegistryError(?:(?!\*\/)[\s\S])*\*\/\nexport const ((?:create|start)\w+)/g,
        ),
      ].map(([, name = '']) => `\`${name}\``),
    );
    const [row] = tableOf(page, 'Start-up errors').filter(([name]) => name === '`TaskRegistryError`');
    expect(sorted(row?.[1]?.split(', ') ?? [])).toEqual(sorted(throwing));
  });

  it('names every code of the API', async () => {
    const files = await Array.fromAsync(new Bun.Glob(`${source}/http/**/*.ts`).scan({ cwd: root }));
    const code = files.filter((file) => !/\.test\.ts$|\/__\w+__\//.test(file)).map(read);
    const codes = code.flatMap((text) =>
      [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, name = '']) => name),
    );
    expect(codes.filter((name) => !page.includes(name))).toEqual([]);
    expect(codes.length).toBeGreaterThan(3);
  });

  it.each(Object.values(outcomes))('quotes the log line of $kind as it is written', (outcome) => {
    expect(page).toContain(`- \`${logLineOf(outcome)}\``);
  });

  it('quotes the log line of a task that is given back for a lost lock as it is written', () => {
    expect(page).toContain(`- \`${logLineOf({ kind: 'released', error: toLostLock() })}\``);
  });

  it('quotes the log line of a skip as it is written', () => {
    expect(page).toContain(`- \`${logLineOf({ kind: 'completed', value: skipped('gone') })}\``);
  });

  it('quotes what is said where tasks are switched off', () => {
    expect(page).toContain(`\`${TASKS_DISABLED_MESSAGE}\``);
  });
});

/** The line that an attempt with this outcome ends in. */
const logLineOf = (outcome: TaskOutcome): string | undefined => {
  const logger = getMockedLogger();
  const [startedAt, taskName] = [new Date(0), 'docs:check'];
  logAttempt({
    logger,
    taskName,
    delivery: {
      taskId: TaskId(),
      data: {},
      attemptsMade: 0,
      crashCount: 0,
      scheduledAt: startedAt,
      delayMs: 0,
      runKey: '1',
      takenCount: 1,
      checkHeld: () => undefined,
      steps: emptyStepStore,
      cancellation: createCancellation(),
      report: { progress: () => undefined, log: () => undefined },
      ...idlePowers,
    },
    end: {
      outcome,
      attempt: 1,
      maxAttempts: 1,
      envelope: bareEnvelope({}, taskName),
      startedAt,
      hasBegun: true,
      unendedChildren: [],
    },
    endedAtMs: 0,
  });
  return [logger.info, logger.warn, logger.error].map((method) => method.mock.calls[0]?.[0]).find(Boolean);
};

describe('the guides', () => {
  const domain = 'packages/backend/src/tasks/domain';
  const letterFields = [
    ...interfaceFields(`${domain}/DeadLetter.ts`, 'DeadLetter'),
    ...interfaceFields(`${domain}/DeadLetter.ts`, 'LetterFailure'),
    ...[...read(`${domain}/DeadLetter.ts`).matchAll(/\| '(\w+)'/g)].map(([, field = '']) => field),
  ];

  it('list every hook and every field of a trigger', () => {
    const page = read('docs/guides/triggers.md');
    const folder = 'packages/backend/src/tasks/triggers';
    const tables: [heading: string, fields: readonly string[]][] = [
      ['Hooks', interfaceFields(`${folder}/ResourceHooks.ts`, 'ResourceHooks')],
      ['Let writes schedule tasks', interfaceFields(`${folder}/TaskTrigger.ts`, 'TriggerRules')],
    ];
    for (const [heading, fields] of tables) {
      expect(sorted(tableOf(page, heading).map(([cell]) => unquote(cell)))).toEqual(sorted(fields));
      expect(fields.length).toBeGreaterThan(3);
    }
  });

  it('list the limits of steps', () => {
    const limits = tableOf(read('docs/guides/steps.md'), 'Limits of steps').map(([, limit]) => limit);

    expect(limits[0]).toBe(String(MAX_STEPS));
    expect(limits[1]).toStartWith(`1 to ${MAX_STEP_NAME_LENGTH} characters`);
  });

  const deadLetterChecks = {
    list: (option: object) => checkListOptions(option),
    retry: (option: object) => checkRetryCall('id', option),
    retryAll: (option: object) => checkRetryAllOptions(option),
    purge: ({ olderThanMs = 0 }: { readonly olderThanMs?: number }) => checkPurgeCall(olderThanMs, {}),
  };

  it('list the options of dead letters, with their ranges', () => {
    const rows = tableOf(read('docs/guides/dead-letters.md'), 'Options of dead letters').flatMap(
      ([methods = '', option = '', , range = '']) => {
        const [name = ''] = unquote(option).split(',');
        return unquote(methods)
          .split(', ')
          .map((method) => ({
            method,
            name,
            bounds: /^(\d+) to (\d+)$/.exec(range)?.slice(1).map(Number) ?? [],
          }));
      },
    );
    const isRefused = (method: string, option: object): boolean =>
      deadLetterChecks[method as keyof typeof deadLetterChecks](option).isErr(); // a method of the table
    const source = 'packages/backend/src/tasks/deadLetters/LetterQuery.ts';
    const fields = {
      list: interfaceFields(source, 'LetterListOptions'),
      retry: interfaceFields(source, 'LetterRetryOptions'),
      retryAll: interfaceFields(source, 'LetterRetryAllOptions'),
      purge: [...interfaceFields(source, 'LetterPurgeOptions'), 'olderThanMs'],
    };
    expect(sorted(rows.map(({ method, name }) => `${method} ${name}`))).toEqual(
      sorted(Object.entries(fields).flatMap(([method, names]) => names.map((name) => `${method} ${name}`))),
    );
    const bounded = rows.filter(({ bounds }) => bounds.length === 2);
    expect(
      bounded.map(({ method, name, bounds: [min = 0, max = 0] }) =>
        [min - 1, min, max, max + 1].map((value) => isRefused(method, { [name]: value })),
      ),
    ).toEqual(bounded.map(() => [true, false, false, true]));
    expect(bounded).toHaveLength(4);
  });

  it('list every field of a resource, with the range and default of its times', () => {
    const rows = tableOf(read('docs/guides/resources.md'), 'Define one');
    const isRefused = (field: string, value: number): boolean =>
      defineResource({ token: 'x', start: () => 1, [field]: value }).problems.length > 0;
    const timed = rows.flatMap(([field, meaning = '']) => {
      const [, min, max, value] = /(\d+) to (\d+) ms\. Default: (\d+)/.exec(meaning) ?? [];
      return min === undefined ? [] : [{ field: unquote(field), min: Number(min), max: Number(max), value }];
    });
    const { startTimeoutMs, stopTimeoutMs } = defineResource({ token: 'x', start: () => 1 });

    expect(rows.map(([field]) => unquote(field))).toEqual([
      ...interfaceFields(
        'packages/backend/src/tasks/resources/ResourceDefinition.ts',
        'ResourceSpecification',
      ),
    ]);
    expect(
      timed.map(({ field, min, max }) =>
        [min - 1, min, max, max + 1].map((value) => isRefused(field, value)),
      ),
    ).toEqual([
      [true, false, false, true],
      [true, false, false, true],
    ]);
    expect(timed.map(({ value }) => Number(value))).toEqual([startTimeoutMs, stopTimeoutMs]);
  });

  it('list every method of a task lock', () => {
    const methods = tableOf(read('docs/guides/locks.md'), 'Take, extend, release').map(
      ([cell]) => unquote(cell).split('(')[0],
    );
    expect(sorted(methods.filter((name) => name !== undefined))).toEqual(
      sorted(interfaceFields('packages/backend/src/tasks/locks/TaskLock.ts', 'TaskLock')),
    );
    expect(methods.length).toBe(4);
  });

  it('list the options of the testing kit, and name all that it has', () => {
    const page = read('docs/guides/testing.md');
    const folder = 'packages/backend/src/tasks/testing';
    const options = interfaceFields(`${folder}/TestScheduler.ts`, 'TestSchedulerOptions');
    const rows = tableOf(page, 'Options of createTestScheduler');
    expect(sorted(rows.map(([name]) => unquote(name)))).toEqual(sorted(options));
    const words = [
      ...interfaceFields(`${folder}/TestScheduler.ts`, 'TestScheduler').filter((name) => name !== 'now'),
      ...interfaceFields(`${folder}/TestContext.ts`, 'RecordedContext').map((name) => `recorded.${name}`),
      ...interfaceFields(`${folder}/runTask.ts`, 'RunTaskOptions'),
      ...interfaceFields(`${folder}/withLocalRedis.ts`, 'LocalRedisWorldOptions'),
      ...interfaceFields(`${folder}/idempotency/proveIdempotent.ts`, 'IdempotencyOptions'),
      ...interfaceFields(`${folder}/idempotency/proveIdempotent.ts`, 'IdempotencyProof'),
    ];
    expect(words.filter((word) => !page.includes(word))).toEqual([]);
    expect(words.length).toBeGreaterThan(20);
    const [, , range = ''] =
      /^(\w+), (\d+ to \d+)$/.exec(rows.find(([name]) => name === '`patienceMs`')?.[1] ?? '') ?? [];
    const [min = 0, max = 0] = range.split(' to ').map(Number);
    const isRefused = (patienceMs: number): boolean =>
      Result.fromThrowable(() => createTestScheduler({ patienceMs }))().isErr();
    expect([min - 1, min, max, max + 1].map(isRefused)).toEqual([true, false, false, true]);
  });

  it('name every field of the context, every status and every outcome', () => {
    const named: [page: string, words: readonly string[]][] = [
      ['docs/guides/background-tasks.md', interfaceFields(`${domain}/TaskContext.ts`, 'TaskContext')],
      ['docs/guides/dead-letters.md', letterFields],
      ['docs/glossary.md', [...TASK_STATUSES, ...Object.keys(outcomes)]],
    ];
    const missing = named.flatMap(([page, words]) =>
      words.filter((word) => !new RegExp(`\\b${word}\\b`).test(read(page))),
    );
    expect(missing).toEqual([]);
    expect(named.every(([, words]) => words.length > 4)).toBe(true);
  });
});
