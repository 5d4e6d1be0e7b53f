import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { addJob, createTaskQueues } from './TaskQueues';

describe('addJob', () => {
  it('leaves a job exactly alone that is on its queue already, wherever it is', async () => {
    const gate = Promise.withResolvers<void>();
    const task = defineTask({
      queueName: 'test:again',
      schema: z.object({ isHeld: z.boolean().optional() }),
      handler: async ({ isHeld = false }) => {
        if (isHeld) await gate.promise;
        return ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    const queue = bench.queue(task);
    const { queuePrefix: prefix } = bench.appConfig;
    const queues = createTaskQueues({ client: bench.redis, prefix, logger: silentLogger });
    const completed = await bench.schedule(task, {}, { priority: 90 });
    const running = await bench.schedule(task, { isHeld: true });
    await bench.startWorker({ concurrency: 1 });
    await bench.reaches(running, 'running');
    const ids = [
      completed,
      running,
      await bench.schedule(task, {}),
      await bench.schedule(task, {}, { delayMs: 60_000 }),
    ];
    const sets = ['prioritized', 'delayed', 'completed'].map((name) => queue.toKey(name));
    const look = async () => ({
      jobs: await Promise.all(ids.map((id) => bench.redis.hgetall(queue.toKey(id)))),
      sets: await Promise.all(sets.map((key) => bench.redis.zrange(key, '0', '-1', 'WITHSCORES'))),
      active: await bench.redis.lrange(queue.toKey('active'), '0', '-1'),
    });
    const before = await look();

    for (const id of ids) {
      const data = JSON.parse(before.jobs[ids.indexOf(id)]?.['data'] ?? '');
      const options = { jobId: id, priority: 3, attempts: 9, timestamp: 5 };
      const job = { id, name: task.queueName, data, options };
      expect(await addJob(queues, job)).toBe(id);
    }
    for (const id of [completed, running]) {
      const data = JSON.parse(before.jobs[ids.indexOf(id)]?.['data'] ?? '');
      const job = {
        id,
        name: task.queueName,
        data,
        options: { jobId: id, priority: 3 },
        fields: ['atm', '1'],
      };
      expect(await addJob(queues, job)).toBe(id);
    }

    expect(await look()).toEqual(before);
    gate.resolve();
  });
});
