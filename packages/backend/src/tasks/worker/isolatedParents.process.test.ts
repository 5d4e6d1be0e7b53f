import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import {
  composedTask,
  doubleTask,
  parentTask,
  patientTask,
  tasks,
} from '../isolation/__fixtures__/familyTasks';
import { createTaskBench } from './__fixtures__/TaskBench';

const TASKS_MODULE = join(import.meta.dir, '../isolation/__fixtures__/familyTasks.ts');

const setup = async () => {
  const bench = await createTaskBench({ tasks });
  await bench.startWorker({ tasksModule: TASKS_MODULE, concurrency: 1 });
  return bench;
};

describe('an isolated parent, on a worker with one slot', () => {
  it('waits for its children without the slot, and gets their values and errors', async () => {
    await using bench = await setup();
    const id = await bench.schedule(parentTask, { act: 'waits' });
    const { status, value, correlationId } = await bench.ended(id);

    expect({ status, value }).toEqual({
      status: 'completed',
      value: { values: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], failed: ['failed', { odds: 0 }] },
    });
    const { tasks: children } = (await bench.inspector.getTasks({ parentId: id, limit: 20 }))._unsafeUnwrap();
    expect(children.length).toBe(11);
    expect(new Set(children.map((child) => child.correlationId))).toEqual(new Set([correlationId]));
  }, 30_000);

  it('has a clock that stands still while it waits', async () => {
    await using bench = await setup();
    const id = await bench.schedule(parentTask, { act: 'waitsLong' }, { timeoutMs: 3000 });
    await until(
      async () => (await bench.inspector.getQueueDepth(patientTask.queueName))._unsafeUnwrap().running === 1,
    );
    const { startedAt } = await bench.record(id);
    await until(async () => Date.now() > Number(startedAt) + 3300);

    expect((await bench.record(id)).status).toBe('running');
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    expect((await bench.ended(id)).status).toBe('cancelled');
    const { tasks: children } = (await bench.inspector.getTasks({ parentId: id }))._unsafeUnwrap();
    await bench.ended(children[0]?.id ?? id);
    expect((await bench.record(children[0]?.id ?? id)).status).toBe('cancelled');
  }, 30_000);

  it('whose process dies while it waits gets the same child again', async () => {
    await using bench = await setup();
    const id = await bench.schedule(parentTask, { act: 'dies' });

    expect(await bench.ended(id)).toMatchObject({ status: 'completed', value: [2, 42] });
    const { tasks: children } = (await bench.inspector.getTasks({ parentId: id }))._unsafeUnwrap();
    expect(children.map(({ name }) => name)).toEqual([doubleTask.queueName]);
    const after = await bench.schedule(doubleTask, 1);
    expect((await bench.ended(after)).value).toBe(2); // the slot is there again
  }, 30_000);

  it('that waits when its worker stops is given back, and waits elsewhere', async () => {
    await using bench = await createTaskBench({ tasks, env: { WORKER_DRAIN_TIMEOUT_MS: '60000' } });
    const worker = await bench.startWorker({ tasksModule: TASKS_MODULE, taskNames: [parentTask.queueName] });
    const id = await bench.schedule(parentTask, { act: 'waitsLong' });
    await until(
      async () => (await bench.inspector.getTasks({ parentId: id }))._unsafeUnwrap().tasks.length === 1,
    );
    await worker.stop();

    expect(await bench.record(id)).toMatchObject({ status: 'scheduled', attempt: 0 });
    await bench.startWorker({ tasksModule: TASKS_MODULE, taskNames: [parentTask.queueName] });
    await bench.reaches(id, 'running');
    const { tasks: children } = (await bench.inspector.getTasks({ parentId: id }))._unsafeUnwrap();
    expect(children.length).toBe(1);
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    expect((await bench.ended(id)).status).toBe('cancelled');
  }, 30_000);

  it('may be a chain, a group or a chord', async () => {
    await using bench = await setup();
    const id = await bench.schedule(composedTask, 3);

    expect(await bench.ended(id)).toMatchObject({ status: 'completed', value: 24 });
  }, 30_000);
});

describe('an isolated handler', () => {
  it('schedules, and asks its handles for all that handles say', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(parentTask, { act: 'schedules' });
    const { value } = await bench.ended(id);

    expect(value).toEqual({
      ...{ id: expect.any(String), status: 'completed', result: 8, seen: ['completed'] },
      ...{ failed: ['failed', 'no luck'], cancelled: ['cancelled', 'no need'] },
    });
    const { id: childId } = value as { readonly id: never }; // of the task that it scheduled
    expect((await bench.record(childId)).parentId).toBe(id);
  }, 30_000);

  it('is refused what it would be refused in the worker', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(parentTask, { act: 'refusals' });

    expect((await bench.ended(id)).value).toEqual([
      ['ScheduleError', 'invalid-payload'],
      ['ScheduleError', 'invalid-options'],
      ['ScheduleError', 'invalid-task'],
      ['ChildError', 'invalid-payload'],
    ]);
  }, 30_000);
});
