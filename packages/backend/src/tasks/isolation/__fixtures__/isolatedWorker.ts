import { runWorkerProcess } from '@backend/process/WorkerProcess';
import { tasks } from './isolatedTasks';

await runWorkerProcess(tasks, { tasksModule: import.meta.resolve('./isolatedTasks.ts') });
