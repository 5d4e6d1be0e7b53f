import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { createMemoryStepStore } from '../domain/__fixtures__/MemoryStepStore';
import { toTaskContext } from '../domain/TaskContext';
import { queryTask } from './__fixtures__/needyTasks';
import { createIsolation } from './Isolation';

const setup = () => {
  const printed: string[] = [];
  const isolation = createIsolation({
    appConfig: parseAppConfig({})._unsafeUnwrap(),
    tasksModule: import.meta.resolve('./__fixtures__/needyTasks.ts'),
    tasks: [],
    findHandle: () => {
      throw new Error('no handle is asked for');
    },
    logger: silentLogger,
    print: (_stream, line) => {
      printed.push(line.replace(/^\[.*\] /, ''));
      return undefined;
    },
  });
  return { isolation, printed, [Symbol.dispose]: () => isolation.close() };
};

describe('an isolated attempt', () => {
  it('opens in its process what the task declares, and nothing else of the list, and closes it', async () => {
    using bench = setup();
    const { queueName } = queryTask;
    const context = toTaskContext(queueName, { logger: silentLogger });
    const { result, over } = bench.isolation.run({
      ...{ task: queryTask, payload: {}, context, maxResultBytes: 1000, ancestors: [] },
      ...{ steps: createMemoryStepStore(), stepOwner: { taskName: queueName, taskId: context.taskId } },
    });
    const { openedIn, runsIn } = (await result)._unsafeUnwrap() as { openedIn: number; runsIn: number };
    await over;

    expect(openedIn).toBe(runsIn);
    expect(runsIn).not.toBe(process.pid);
    expect(bench.printed).toEqual(['opened', 'closed']);
  });
});
