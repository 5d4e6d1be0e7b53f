import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskInspector } from './TaskInspector';

const task = defineTask({ queueName: 'mails:send', schema: z.unknown(), handler: () => ok(1) });

describe('createTaskInspector', () => {
  it('says in every answer that Redis does not answer', async () => {
    const appConfig = parseAppConfig({ REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap();
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
