import { err, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { countTasks } from '../queue/countTasks';
import { DEFAULT_RETENTION } from '../queue/Retention';
import { readQueueTimes } from '../queue/readQueueTimes';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toInspectorFailure } from './InspectorParts';
import { type StatsQuery, statsQueryProblems } from './StatsQuery';
import { type StatsSample, type TaskStats, toTaskStats } from './TaskStats';

const HOUR_MS = 60 * 60 * 1000;

/** Reads the statistics of one definition's tasks, or of each; see `TaskInspector.getStats`. */
export const readTaskStats = async (
  { registry, access }: InspectorParts,
  query: StatsQuery,
): Promise<Result<readonly TaskStats[], InspectorError>> => {
  const problems = statsQueryProblems(query, registry);
  if (problems.length > 0) {
    return err(new InspectorError(`the query is refused: ${problems.join('; ')}`, { code: 'invalid-query' }));
  }
  const { name, windowMs = HOUR_MS } = query;
  const tasks = registry.tasks.filter(({ queueName }) => name === undefined || name === queueName);
  const nowMs = Date.now();
  const read = await access.run((queues, { client }) =>
    Promise.all(
      tasks.map(async ({ queueName, options }): Promise<StatsSample> => {
        const queue = queues.get(queueName);
        const [counts, times] = await Promise.all([
          countTasks(client, queue),
          readQueueTimes({ client, queue, sinceMs: nowMs - windowMs, nowMs }),
        ]);
        return { taskName: queueName, counts, ...times, retention: toKeptRules(options), nowMs, windowMs };
      }),
    ),
  );
  return read.map((samples) => samples.map(toTaskStats)).mapErr(toInspectorFailure);
};

const toKeptRules = ({ retention }: TaskDefinition<unknown>['options']): StatsSample['retention'] => ({
  completed: { ...DEFAULT_RETENTION.completed, ...retention?.completed },
  failed: { ...DEFAULT_RETENTION.failed, ...retention?.failed },
});
