import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskWorkerOptions } from './TaskWorker';
import { planWorker, WorkerOptionsError } from './WorkerPlan';

const taskNamed = (queueName: string) =>
  defineTask({ queueName, schema: z.object({}), handler: async () => ok() });
const tasks = [taskNamed('emails:send'), taskNamed('reports:build')];
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
    });
  });

  it('takes only the named tasks', () => {
    expect(planWorker({ ...given, taskNames: ['reports:build'] }).tasks).toStrictEqual(tasks.slice(1));
  });

  it.each([
    [{ concurrency: 0 }, 'expected concurrency to be an integer from 1 to 10000, got 0'],
    [{ concurency: 4 }, 'unknown option concurency. Did you mean "concurrency"?'],
    [{ taskNames: [] }, 'expected taskNames to name a task, got []'],
    [{ priorityAgingMs: -1 }, 'expected priorityAgingMs to be an integer from 0 to 2147483647, got -1'],
    [{ concurrency: Number.NaN }, 'expected concurrency to be an integer from 1 to 10000, got NaN'],
    [{ drainTimeoutMs: -1 }, 'expected drainTimeoutMs to be an integer from 0 to 2147483647, got -1'],
    [{ id: 'my worker' }, 'expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got "my worker"'],
    [{ container: { resolve: 'x' } }, 'expected container to be a tsyringe container, got {"resolve":"x"}'],
    [{ resources: 'pool' }, 'expected resources to be a list of what defineResource returns'],
    [{ taskNames: ['email:send'] }, 'no task is named "email:send". Did you mean "emails:send"?'],
  ])('refuses %j', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it('lists every problem at once', () => {
    expect(problemsOf({ concurrency: 1.5, id: '', taskNames: ['x'] })).toHaveLength(3);
  });
});
