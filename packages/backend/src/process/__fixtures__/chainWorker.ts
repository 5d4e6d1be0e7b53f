import { runWorkerProcess } from '@backend/process/WorkerProcess';
import { chainTask } from './chainTask';

await runWorkerProcess([chainTask]);
