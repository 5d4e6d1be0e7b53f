import { err, ok, type Result } from 'neverthrow';
import { isTerminalStatus } from '../domain/TaskStatus';
import { listUnendedChildren } from '../queue/ChildStore';
import { toQueueKey } from '../queue/QueueName';
import { readTaskSituation, type TaskSituation } from '../queue/readTaskSituation';
import { toTaskRecord } from '../queue/TaskRecordReader';
import { listRememberedNames } from '../queue/UnregisteredTasks';
import { readWorkerPresence } from '../queue/WorkerPresence';
import { type InspectorError } from './InspectorError';
import {
  checkTaskId,
  type InspectorParts,
  maxAttemptsOf,
  toInspectorFailure,
  toNotFound,
} from './InspectorParts';
import { readKept } from './readKept';
import {
  type KnownWorkers,
  type TaskExplanation,
  toKeptExplanation,
  toTaskExplanation,
} from './TaskExplanation';

/** Explains why a task does not run; see `TaskInspector.why`. */
export const explainTask = async (
  parts: InspectorParts,
  id: string,
): Promise<Result<TaskExplanation, InspectorError>> => {
  const checked = checkTaskId(id);
  if (checked.isErr()) return err(checked.error);
  const found = await findSituation(parts, id);
  if (found.isErr() || found.value === undefined) return explainKept(parts, id, found);
  const { name, situation } = found.value;
  const definition = parts.registry.get(name).unwrapOr(undefined);
  const { queue, workers } = {
    queue: parts.access.open().queues.get(name),
    workers: await countWorkers(parts, name),
  };
  const record = toTaskRecord(situation.task, {
    queue,
    maxAttempts: maxAttemptsOf({ options: definition?.options ?? {} }, parts.appConfig),
  });
  return ok(
    toTaskExplanation({
      record,
      situation,
      workers,
      isRegistered: definition !== undefined,
      maxStarts: definition?.options.rateLimit?.max,
      childCount: record.status === 'running' ? await countChildren(parts, { name, id }) : 0,
      nowMs: Date.now(),
    }),
  );
};

/** A task that no queue holds may be in the ledger. Of one that has not ended a queue that was not asked knows more. */
const explainKept = async (
  parts: InspectorParts,
  id: string,
  found: Result<unknown, InspectorError>,
): Promise<Result<TaskExplanation, InspectorError>> => {
  const kept = await readKept(parts, id);
  if (kept.isErr()) return err(found.isErr() ? found.error : kept.error);
  const record = kept.value;
  if (found.isErr() && (record === undefined || !isTerminalStatus(record.status))) return err(found.error);
  return record === undefined
    ? err(toNotFound(id, parts))
    : ok(toKeptExplanation({ record, nowMs: Date.now() }));
};

/** Nothing else is explained less well when they cannot be counted. */
const countChildren = async (
  { access, appConfig }: InspectorParts,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<number> => {
  const queueKey = toQueueKey(appConfig.queuePrefix, name);
  const children = await access.run((_queues, { client }) =>
    listUnendedChildren({ client, queueKey, jobId: id }),
  );
  return children.unwrapOr([]).length;
};

interface FoundSituation {
  readonly name: string;
  readonly situation: TaskSituation;
}

/** Looks in the queues of the definitions first, then in those whose definition is gone. */
const findSituation = async (
  { registry, access, appConfig }: InspectorParts,
  id: string,
): Promise<Result<FoundSituation | undefined, InspectorError>> => {
  const registered = registry.tasks.map(({ queueName }) => queueName);
  const found = await access.run(async (queues, { client }) => {
    const findIn = async (names: readonly string[]): Promise<FoundSituation | undefined> => {
      const situations = await Promise.all(
        names.map(async (name) => ({
          name,
          situation: await readTaskSituation({ client, queue: queues.get(name), id }),
        })),
      );
      return situations.find((each): each is FoundSituation => each.situation !== undefined);
    };
    const here = await findIn(registered);
    if (here !== undefined) return here;
    const remembered = await listRememberedNames(client, appConfig.queuePrefix);
    return findIn(remembered.filter((name) => !registered.includes(name)));
  });
  return found.mapErr(toInspectorFailure);
};

/** A managed Redis may forbid CLIENT LIST: then it is only not known who is there. */
const countWorkers = async ({ access, appConfig }: InspectorParts, name: string): Promise<KnownWorkers> => {
  const presence = await access.run((_queues, { client }) =>
    readWorkerPresence(client, appConfig.queuePrefix),
  );
  return presence.match(
    (workers): KnownWorkers => ({ count: workers.get(name)?.length ?? 0 }),
    ({ message }): KnownWorkers => ({ unknownBecause: message }),
  );
};
