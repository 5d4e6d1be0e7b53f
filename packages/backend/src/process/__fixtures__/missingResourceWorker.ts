import { runWorkerProcess } from '@backend/process/WorkerProcess';
import { queryTask } from './queryTask';

await runWorkerProcess([queryTask]);
