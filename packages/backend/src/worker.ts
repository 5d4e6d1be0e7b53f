import 'reflect-metadata';
import { runWorkerProcess } from './process/WorkerProcess';
import { tasks } from './tasks/tasks.config';

await runWorkerProcess(tasks, import.meta.resolve('./tasks/tasks.config.ts'));
