import { describe, expect, it } from 'bun:test';
import { readdirSync } from 'node:fs';
import { isAlive } from '@backend/__fixtures__/isAlive';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { ok } from 'neverthrow';
import { createMemoryStepStore } from '../domain/__fixtures__/MemoryStepStore';
import { toTaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { tasks as registered } from '../tasks.config';
import { actTask, dateTask, hungryTask } from './__fixtures__/isolatedTasks';
import {
  brokenTask,
  endlessTask,
  exitingTask,
  hangingTask,
  poolTask,
  unlistedTask,
} from './__fixtures__/resourceTasks';
import { createIsolation } from './Isolation';

const TASKS_MODULE = import.meta.resolve('./__fixtures__/isolatedTasks.ts');

const RESOURCES_MODULE = import.meta.resolve('./__fixtures__/resourceTasks.ts');

const setup = (tasksModule = TASKS_MODULE) => {
  const logger = getMockedLogger();
  const printed: [stream: string, line: string][] = [];
  const isolation = createIsolation({
    appConfig: parseAppConfig({})._unsafeUnwrap(),
    tasksModule,
    tasks: [],
    findHandle: () => {
      throw new Error('no handle is asked for');
    },
    logger,
    print: (stream, line) => {
      printed.push([stream, line]);
      return undefined;
    },
  });
  const controller = new AbortController();
  const stepStore = createMemoryStepStore();
  const run = (task: TaskDefinition<unknown>, payload: unknown) => {
    const context = toTaskContext(task.queueName, {
      logger,
      signal: controller.signal,
      metadata: { from: 'test' },
    });
    const stepOwner = { taskName: task.queueName, taskId: context.taskId };
    return {
      ...isolation.run({
        ...{ task, payload, context, maxResultBytes: 65_536, steps: stepStore, stepOwner },
        ancestors: [],
      }),
      context,
    };
  };
  const act = async (name: string, text?: string) => {
    const { result, over } = run(actTask, { act: name, ...(text === undefined ? {} : { text }) });
    const ended = await result;
    await over;
    return ended;
  };
  const failure = async (name: string) => (await act(name))._unsafeUnwrapErr();
  return {
    ...{ isolation, stepStore, logger, printed, controller, run, act, failure },
    [Symbol.dispose]: () => isolation.close(),
  };
};

const countOpenFiles = (): number => readdirSync('/proc/self/fd').length;

/** Of this process, once those of an attempt that has ended are closed. */
const steadyFileCount = async (): Promise<number> => {
  let counted = 0;
  await until(async () => {
    const before = counted;
    counted = countOpenFiles();
    return before === counted;
  });
  return counted;
};

describe('an isolated attempt', () => {
  it('runs in a process of its own, with the context of the worker', async () => {
    using bench = setup();
    const { result, over, context } = bench.run(actTask, { act: 'echo', text: 'hello' });
    const { pid, ...seen } = (await result)._unsafeUnwrap() as { readonly pid: number };
    const { signal: _signal, logger: _logger, ...facts } = context;
    expect(seen).toEqual({
      ...JSON.parse(JSON.stringify(facts)),
      ...{ text: 'hello', isAborted: false },
    });
    expect(pid).not.toBe(process.pid);
    await over;
    expect(isAlive(pid)).toBe(false);
  });

  it('gets what the schema makes of the payload, and has its output checked before it is JSON', async () => {
    using bench = setup();
    const { result } = bench.run(dateTask, { at: '2026-01-02T03:04:05.000Z', text: 'four' });
    expect((await result)._unsafeUnwrap()).toEqual({ at: Date.UTC(2026, 0, 2, 3, 4, 5), length: 4 });
  });

  it('has the environment of the worker as it is by then', async () => {
    using bench = setup();
    process.env['DROVER_TEST_ISOLATION'] = 'seen';
    const seen = await bench.act('environment', 'DROVER_TEST_ISOLATION');
    delete process.env['DROVER_TEST_ISOLATION'];
    expect(seen._unsafeUnwrap()).toBe('seen');
  });

  it('takes a payload as large as one can be, and answers nothing with nothing', async () => {
    using bench = setup();
    const [large, nothing] = await Promise.all([
      bench.act('length', 'é'.repeat(250_000)),
      bench.act('nothing'),
    ]);
    expect(large._unsafeUnwrap()).toBe(250_000);
    expect(nothing._unsafeUnwrap()).toBeUndefined();
  });

  it('fails as it would in the worker: errors come back as what they were', async () => {
    using bench = setup();
    const [thrown, text, fatal, later] = await Promise.all(
      ['throws', 'throwsText', 'fatal', 'later'].map(bench.failure),
    );
    expect(thrown).toMatchObject({
      ...{ code: 'task-failed', message: 'the server answered 404', isWorthRetrying: false },
      original: { name: 'HttpError', status: 404, code: 'http', cause: { message: 'connection reset' } },
    });
    expect(thrown?.stack).toContain('isolatedTasks.ts');
    expect(text).toMatchObject({ message: 'the handler failed with just a text', isWorthRetrying: true });
    expect(fatal).toMatchObject({
      code: 'fatal',
      message: 'the page is gone',
      metadata: { url: '/a', when: '1' },
    });
    expect(later).toMatchObject({ code: 'retry-later', snoozeMs: 5, message: 'too early' });
  });

  it('does its steps in its process, and has them kept by the worker', async () => {
    using bench = setup();
    const seen = (await bench.act('steps'))._unsafeUnwrap();
    const kept = bench.stepStore.steps.map(({ name, place }) => `${name} ${place}`);
    const again = (await bench.act('steps'))._unsafeUnwrap();

    expect(seen).toEqual({
      charge: { pid: expect.any(Number), idempotencyKey: expect.any(String) },
      answers: [
        true,
        'expected the step "inner" outside of another step, got it inside "outer"',
        'the result of the step "map" cannot be stored: expected the value to be something JSON carries unchanged, got a Map',
        true,
        true,
      ],
    });
    expect(kept).toEqual(['charge 0', 'nothing 2', 'forgotten 6']);
    expect(again).toEqual(seen);
  });

  it('answers nothing that cannot be stored', async () => {
    using bench = setup();
    const errors = await Promise.all(['large', 'map', 'number'].map(bench.failure));
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['invalid-output', 'the result cannot be stored: expected at most 65536 bytes of JSON, got 100002'],
      ['invalid-output', expect.stringContaining('got a Map')],
      ['invalid-output', expect.stringContaining('expected the handler to return ok(...) or err(...), got')],
    ]);
  });

  it('fails with an error that reaches no one, and names it', async () => {
    using bench = setup();
    const [dropped, thrown] = await Promise.all(['dropsRejection', 'throwsFromTimer'].map(bench.failure));
    expect(dropped).toMatchObject({
      ...{ code: 'task-failed', isWorthRetrying: true },
      message: 'an error of the isolated process reached no one: the server answered 500',
      original: { name: 'HttpError', status: 500 },
    });
    expect(thrown?.message).toBe('an error of the isolated process reached no one: thrown from a timer');
  });

  it('fails when its process ends before the handler, whether by itself or by a signal', async () => {
    using bench = setup();
    const [exited, killed] = await Promise.all(['exits', 'isKilled'].map(bench.failure));
    expect(exited).toMatchObject({
      ...{ code: 'process-died', metadata: { exitCode: 0, signal: null } },
      message: 'the isolated process of the task ended with exit code 0 before the handler had ended',
    });
    expect(killed).toMatchObject({
      ...{ code: 'process-died', metadata: { exitCode: null, signal: 'SIGSEGV' } },
      message: 'the isolated process of the task was killed by SIGSEGV before the handler had ended',
    });
  });

  it('is killed when it has more memory than it may', async () => {
    using bench = setup();
    const { result } = bench.run(hungryTask, { act: 'eats' });
    const error = (await result)._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'memory-limit', metadata: { maxMemoryMb: 256 } });
    expect(error.message).toMatch(
      /^the isolated process of the task had \d{3,} MB of memory, more than isolate\.maxMemoryMb \(256\)$/,
    );
  });

  it('prints where the worker prints, each line with the id of the task', async () => {
    using bench = setup();
    const { result, over, context } = bench.run(actTask, { act: 'prints' });
    await result;
    await over;
    await until(async () => bench.printed.length === 4);
    const { taskId } = context;
    expect(bench.printed.filter(([stream]) => stream === 'stdout')).toEqual([
      ['stdout', `[${taskId}] one`],
      ['stdout', `{"taskId":"${taskId}"}`],
      ['stdout', `[${taskId}] no end`],
    ]);
    expect(bench.printed).toContainEqual(['stderr', `[${taskId}] an error`]);
  });

  it("logs through the worker's logger, and its services with its ids", async () => {
    using bench = setup();
    const { result, context } = bench.run(actTask, { act: 'logs' });
    await result;
    const { logger, printed } = bench;
    expect(logger.child).toHaveBeenCalledWith({ page: 7 });
    expect(logger.info).toHaveBeenCalledWith('Reading', { pages: [1], apiToken: '[redacted]' });
    expect(logger.error).toHaveBeenCalledWith('Broken', expect.any(Error), { url: '/a' });
    expect(logger.error.mock.calls[0]?.[1]).toMatchObject({ name: 'HttpError', status: 503, code: 'http' });
    await until(async () => printed.length === 1);
    const { taskId, correlationId, attempt } = context;
    expect(JSON.parse(printed[0]?.[1] ?? '')).toMatchObject({
      msg: 'A service',
      taskId,
      correlationId,
      attempt,
    });
  });

  it('takes what it has started with it', async () => {
    using bench = setup();
    await bench.act('forks');
    const [, meta] = bench.logger.info.mock.calls[0] ?? [];
    const { pid } = meta as { readonly pid: number };
    await until(async () => !isAlive(pid));
    expect(pid).toBeGreaterThan(1);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves no open pipe to what has left its process group',
    async () => {
      using bench = setup();
      await bench.act('nothing');
      const openCount = await steadyFileCount();
      await bench.act('leavesDaemon');
      const [, meta] = bench.logger.info.mock.calls[0] ?? [];
      const { pid } = meta as { readonly pid: number };
      expect(countOpenFiles()).toBeGreaterThan(openCount);
      await until(async () => countOpenFiles() <= openCount);
      process.kill(pid, 'SIGKILL');
    },
  );

  it('answers once: a second answer is dropped, and messages of the handler are none', async () => {
    using bench = setup();
    expect((await bench.act('answersItself'))._unsafeUnwrap()).toBe('first');
    expect(bench.logger.warn.mock.calls).toEqual([]);
  });

  it('has its signal aborted with the reason, and may still end by itself', async () => {
    using bench = setup();
    const { result } = bench.run(actTask, { act: 'obeys' });
    await until(async () => bench.logger.info.mock.calls.some(([message]) => message === 'waiting'));
    bench.controller.abort(new TaskError('time is up', {}, { code: 'timeout' }));
    expect((await result)._unsafeUnwrap()).toBe('late');
    expect(bench.logger.info).toHaveBeenCalledWith('aborted', {
      reason: expect.objectContaining({ name: 'TaskError', message: 'time is up', code: 'timeout' }),
    });
  });

  it('is gone soon after its answer, whatever it has left running', async () => {
    using bench = setup();
    expect((await bench.act('lingers'))._unsafeUnwrap()).toBe('done');
  });

  it('is killed in an endless loop, in which it hears nothing', async () => {
    using bench = setup();
    const { result, over, kill } = bench.run(actTask, { act: 'loops' });
    await until(async () => bench.logger.info.mock.calls.length === 1);
    kill();
    expect((await result)._unsafeUnwrapErr()).toMatchObject({
      code: 'process-died',
      metadata: { signal: 'SIGKILL' },
    });
    await over;
  });
});

describe('the resources of an isolated attempt', () => {
  it('are started once in its process, found, and stopped before it ends', async () => {
    using bench = setup(RESOURCES_MODULE);
    const { result, over } = bench.run(poolTask, {});
    const value = (await result)._unsafeUnwrap() as { readonly pid: number; readonly handlerPid: number };
    await over;

    expect(value).toMatchObject({ startCount: 1, isSame: true, pid: value.handlerPid });
    expect(value.pid).not.toBe(process.pid);
    expect(bench.logger.info.mock.calls).toEqual([['pool closed', { pid: value.pid }]]);
  });

  it('do not hold its answer up when they hang at their stop', async () => {
    using bench = setup(RESOURCES_MODULE);
    const { result, over } = bench.run(hangingTask, {});

    expect((await result)._unsafeUnwrap()).toBe('done');
    expect(bench.logger.info.mock.calls).toEqual([]); // it has not even begun to close
    await over;
    expect(bench.logger.info.mock.calls).toEqual([['closing', {}]]);
    expect(bench.logger.warn).toHaveBeenCalledWith('A resource did not stop in time; it is left behind', {
      ...{ resource: 'hanging', limitMs: 50 },
    });
  });

  it('fail it by name when they do not start', async () => {
    using bench = setup(RESOURCES_MODULE);
    expect((await bench.run(brokenTask, {}).result)._unsafeUnwrapErr()).toMatchObject({
      ...{ code: 'task-failed', message: 'the resource "broken" did not start: no route to host' },
    });
  });

  it('are named while they start, also by one that blocks its process', async () => {
    using bench = setup(RESOURCES_MODULE);
    const { result, over, starting, kill } = bench.run(endlessTask, {});
    const first = starting();
    await until(async () => starting() === 'the resource "endless"');
    kill();

    expect(first).toBe('its process');
    expect((await result)._unsafeUnwrapErr().message).toBe(
      'the isolated process of the task was killed by SIGKILL before the resource "endless" had started',
    );
    await over;
  });

  it('are named when their start ends the process', async () => {
    using bench = setup(RESOURCES_MODULE);

    expect((await bench.run(exitingTask, {}).result)._unsafeUnwrapErr()).toMatchObject({
      code: 'process-died',
      message:
        'the isolated process of the task ended with exit code 5 before the resource "exiting" had started',
    });
  });

  it('are named no longer once the handler begins', async () => {
    using bench = setup(RESOURCES_MODULE);
    const { result, starting } = bench.run(poolTask, {});
    await result;

    expect(starting()).toBeUndefined();
  });

  it('fail it for good when the module does not have them', async () => {
    using bench = setup(RESOURCES_MODULE);
    expect((await bench.run(unlistedTask, {}).result)._unsafeUnwrapErr()).toMatchObject({
      code: 'fatal',
      message: expect.stringContaining(
        'the task resources:unlisted needs the resource "unlisted", which is not in resources.',
      ),
    });
  });
});

describe('check', () => {
  it('accepts a module that lists the tasks', async () => {
    using bench = setup();
    expect((await bench.isolation.check(['isolated:act', 'isolated:date'])).isOk()).toBe(true);
  });

  it('accepts the registry of the application, which needs nothing that an entry point loads', async () => {
    using bench = setup(import.meta.resolve('../tasks.config.ts'));
    const names = registered.map(({ queueName }) => queueName);
    expect(await bench.isolation.check(names)).toEqual(ok());
  });

  it('accepts a module that has what isolated tasks declare, and names what it lacks', async () => {
    using bench = setup(RESOURCES_MODULE);
    expect(await bench.isolation.check(['resources:pool', 'resources:hanging'])).toEqual(ok());
    expect((await bench.isolation.check(['resources:unlisted']))._unsafeUnwrapErr()).toBe(
      `expected ${RESOURCES_MODULE} to export what isolated tasks need as resources: the task resources:unlisted needs the resource "unlisted", which is not in resources. Known are: "isolated pool", "hanging", "broken", "endless", "exiting"`,
    );
  });

  const refusals: [what: string, tasksModule: string, message: string][] = [
    [
      'does not list the task',
      TASKS_MODULE,
      `expected tasks of ${TASKS_MODULE} to list isolated:acts, because it is isolated: its process finds the definition there. Did you mean "isolated:act"?`,
    ],
    [
      'exports no list',
      import.meta.resolve('./Link.ts'),
      `an isolated process cannot load the tasks of ${import.meta.resolve('./Link.ts')}: expected ${import.meta.resolve('./Link.ts')} to export a list named tasks`,
    ],
    [
      'is not there',
      'file:///nowhere.ts',
      'an isolated process cannot load the tasks of file:///nowhere.ts: ',
    ],
  ];

  it('says why its process could not be started', async () => {
    using bench = setup();
    const { execPath } = process;
    process.execPath = '/nowhere/bun';
    const checking = bench.isolation.check(['isolated:act']);
    process.execPath = execPath;
    const sentence = (await checking)._unsafeUnwrapErr();
    expect(sentence).toContain(': its process could not be started: ENOENT');
  });

  it.each(refusals)('refuses a module that %s', async (_what, tasksModule, message) => {
    using bench = setup(tasksModule);
    expect((await bench.isolation.check(['isolated:acts']))._unsafeUnwrapErr()).toStartWith(message);
  });
});

describe('close', () => {
  it('kills what still runs', async () => {
    using bench = setup();
    const { result } = bench.run(actTask, { act: 'obeys' });
    await until(async () => bench.logger.info.mock.calls.length === 1);
    bench.isolation.close();
    expect((await result)._unsafeUnwrapErr()).toMatchObject({ metadata: { signal: 'SIGKILL' } });
  });
});
