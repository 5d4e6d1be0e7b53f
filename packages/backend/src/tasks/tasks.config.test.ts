import { describe, expect, it } from 'bun:test';
import { createTaskRegistry } from './domain/TaskRegistry';
import { tasks } from './tasks.config';

describe('tasks', () => {
  it('is a registry without problems', () => {
    expect(createTaskRegistry(tasks).tasks.map(({ queueName }) => queueName)).toEqual([
      'users:send-welcome-email',
      'secrets:cleanup-expired',
      'data:process-batch',
    ]);
  });
});
