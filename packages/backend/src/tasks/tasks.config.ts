import { mailerResource } from '@backend/mail/mailerResource';
import { processBatchTask } from '@backend/services/data/tasks/processBatchTask';
import { cleanupExpiredSecretsTask } from '@backend/services/secrets/tasks/cleanupExpiredSecretsTask';
import { sendWelcomeEmailTask } from '@backend/services/users/tasks/sendWelcomeEmailTask';
import { type TaskDefinition } from './domain/TaskDefinition';
import { type ResourceDefinition } from './resources/ResourceDefinition';

/** Every task a worker of this application runs. A new task is added here and nowhere else. */
export const tasks: TaskDefinition<unknown>[] = [
  sendWelcomeEmailTask,
  cleanupExpiredSecretsTask,
  processBatchTask,
];

/** What the handlers of a worker of this application share. */
export const resources: ResourceDefinition[] = [mailerResource];
