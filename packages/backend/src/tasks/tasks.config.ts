import { processBatchTask } from '@backend/services/data/tasks/processBatchTask';
import { cleanupExpiredSecretsTask } from '@backend/services/secrets/tasks/cleanupExpiredSecretsTask';
import { sendWelcomeEmailTask } from '@backend/services/users/tasks/sendWelcomeEmailTask';
import { type TaskDefinition } from './domain/TaskDefinition';

/** Every task a worker of this application runs. A new task is added here and nowhere else. */
export const tasks: TaskDefinition<unknown>[] = [
  sendWelcomeEmailTask,
  cleanupExpiredSecretsTask,
  processBatchTask,
];
