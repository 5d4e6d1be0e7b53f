import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { ok } from 'neverthrow';
import { BENCHMARK_TASK_NAME, benchmarkPayloadSchema, handlePayload } from '../contestants/BenchmarkPayload';

/** What the processes of isolated attempts load. */
export const tasks: TaskDefinition<unknown>[] = [
  defineTask({
    queueName: BENCHMARK_TASK_NAME,
    schema: benchmarkPayloadSchema,
    handler: async (payload) => ok(handlePayload(payload)),
    options: { isolate: true },
  }),
];
