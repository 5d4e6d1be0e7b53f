import { runWorkerProcess } from '@backend/process/WorkerProcess';
import { fixtureTasks } from './fixtureTasks';

await runWorkerProcess(fixtureTasks);
