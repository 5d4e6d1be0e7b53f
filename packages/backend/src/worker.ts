import 'reflect-metadata';
import { createContainer } from './container';
import { runWorkerProcess } from './process/WorkerProcess';
import { resources, tasks } from './tasks/tasks.config';

await runWorkerProcess(tasks, {
  resources,
  createContainer,
  tasksModule: import.meta.resolve('./tasks/tasks.config.ts'),
});
