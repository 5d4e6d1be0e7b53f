import { runWorkerProcess } from '@backend/process/WorkerProcess';
import { defineResource } from '@backend/tasks/resources/ResourceDefinition';
import { poolToken, queryTask } from './queryTask';

const poolResource = defineResource({
  token: poolToken,
  start: () => Promise.reject(new Error('no route to host')),
});

await runWorkerProcess([queryTask], { resources: [poolResource] });
