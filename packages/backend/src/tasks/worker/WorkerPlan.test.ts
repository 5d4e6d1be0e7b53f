import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { container as rootContainer } from 'tsyringe';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskOptions } from '../domain/TaskOptions';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { planWorker, WorkerOptionsError } from './WorkerPlan';

const taskNamed = (queueName: string, options: TaskOptions = {}) =>
  defineTask({ queueName, schema: z.object({}), handler: async () => ok(), options });
const tasks = [taskNamed('emails:send'), taskNamed('reports:build')];
const isolated = taskNamed('images:crop', { isolate: true });
const given: TaskWorkerOptions = {
  tasks,
  logger: silentLogger,
  appConfig: parseAppConfig({})._unsafeUnwrap(),
};

const problemsOf = (options: object): readonly string[] => {
  try {
    planWorker({ ...given, ...options });
    return [];
  } catch (error) {
    return error instanceof WorkerOptionsError ? error.problems : [String(error)];
  }
};

describe('planWorker', () => {
  it('completes what is left out from the configuration', () => {
    expect(planWorker(given)).toEqual({
      tasks,
      registeredTasks: tasks,
      registeredNames: ['emails:send', 'reports:build'],
      resources: [],
      id: expect.stringMatching(/^[A-Za-z0-9._-]+-\d+-[0-9a-f]{8}$/),
      concurrency: 10,
      priorityAgingMs: 0,
      drainTimeoutMs: 25_000,
      isolatedNames: [],
      tasksModule: undefined,
    });
  });

  it.each(['/app/tasks.config.ts', 'file:///app/tasks.config.ts', new URL('file:///app/tasks.config.ts')])(
    'makes a URL of the module %s',
    (tasksModule) => {
      const { tasksModule: url, isolatedNames } = planWorker({ ...given, tasks: [isolated], tasksModule });
      expect({ url, isolatedNames }).toEqual({
        ...{ url: 'file:///app/tasks.config.ts', isolatedNames: ['images:crop'] },
      });
    },
  );

  it('needs no module for isolated tasks that it does not take', () => {
    const options = { ...given, tasks: [...tasks, isolated], taskNames: ['emails:send'] };
    expect(planWorker(options).isolatedNames).toEqual([]);
  });

  it.each([undefined, null, 5])('refuses %p in the place of options', (options) => {
    expect(() => planWorker(options as never)).toThrow(`expected options to be an object, got ${options}`);
  });

  it('takes only the named tasks', () => {
    expect(planWorker({ ...given, taskNames: ['reports:build'] }).tasks).toStrictEqual(tasks.slice(1));
  });

  it.each([
    [{ concurrency: 0 }, 'expected concurrency to be an integer from 1 to 10000, got 0'],
    [{ concurency: 4 }, 'unknown option concurency. Did you mean "concurrency"?'],
    [
      { appConfig: undefined },
      'expected appConfig to be a configuration, such as that of parseAppConfig(process.env), got undefined',
    ],
    [{ logger: undefined }, 'expected logger to have the methods of an ILogger, got undefined'],
    [
      { logger: { info: () => undefined } },
      'expected logger to have the methods of an ILogger, got an object without debug, warn, error, child, flush',
    ],
    [{ taskNames: [] }, 'expected taskNames to name a task, got []'],
    [{ priorityAgingMs: -1 }, 'expected priorityAgingMs to be an integer from 0 to 2147483647, got -1'],
    [{ concurrency: Number.NaN }, 'expected concurrency to be an integer from 1 to 10000, got NaN'],
    [{ drainTimeoutMs: -1 }, 'expected drainTimeoutMs to be an integer from 0 to 2147483647, got -1'],
    [{ id: 'my worker' }, 'expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got "my worker"'],
    [{ container: { resolve: 'x' } }, 'expected container to be a tsyringe container, got {"resolve":"x"}'],
    [{ resources: 'pool' }, 'expected resources to be a list of what defineResource returns'],
    [
      { tasks: [isolated] },
      'expected tasksModule, because images:crop is isolated: its process finds the definition there; got nothing',
    ],
    [
      { tasksModule: './tasks.config.ts' },
      'expected tasksModule to be a file URL or an absolute path, got "./tasks.config.ts"',
    ],
    [
      { tasksModule: new URL('https://example.test/tasks.ts') },
      'expected tasksModule to be a file URL or an absolute path, got "https://example.test/tasks.ts"',
    ],
    [{ tasksModule: 7 }, 'expected tasksModule to be a file URL or an absolute path, got 7'],
    [{ taskNames: ['email:send'] }, 'no task is named "email:send". Did you mean "emails:send"?'],
  ])('refuses %j', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it('refuses an isolated task that needs what only the container has, and no other', () => {
    const container = rootContainer.createChildContainer().registerInstance('clock', Date);
    const plain = taskNamed('images:list', { resources: ['clock'] });
    const own = taskNamed('images:crop', { resources: ['clock'], isolate: true });

    expect(problemsOf({ container, tasks: [plain] })).toEqual([]);
    expect(problemsOf({ container, tasks: [plain, own], tasksModule: '/app/tasks.config.ts' })).toEqual([
      'in the process of an isolated task, which has no container, the task images:crop needs the resource "clock", which is not in resources. None is known.',
    ]);
  });

  it('lists every problem at once', () => {
    expect(problemsOf({ concurrency: 1.5, id: '', taskNames: ['x'] })).toHaveLength(3);
  });
});
