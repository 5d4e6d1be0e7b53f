import { type Result } from 'neverthrow';
import { type DeadLetter } from '../domain/DeadLetter';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type RecalledTask, recallEnded } from '../ledger/recallEnded';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { readDeadLetters } from '../queue/DeadLetterReader';
import { countFailed, type FailedTasksQuery, listNewestFailed } from '../queue/FailedTasks';
import { findRetriable, type TaskPlace } from '../queue/findRetriable';
import { type TaskQueues } from '../queue/TaskQueues';
import { type TaskSource } from '../queue/TaskRecordReader';
import { type LetterContext, toFailedTasksQueries } from './LetterContext';
import { mergeNewest } from './LetterOrder';

type Client = FailedTasksQuery['client'];

interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A queue alone is read from the offset on; of several, any may hold all the letters before the page. */
const toReach = ({ tasks }: LetterContext, { limit, offset }: Page) =>
  tasks.length === 1
    ? { range: { offset, count: limit }, skippedCount: 0 }
    : { range: { offset: 0, count: offset + limit }, skippedCount: offset };

/** Lists a page of letters, the newest failure first; one that is deleted meanwhile is left out. */
export const listLetters = (
  context: LetterContext,
  page: Page,
): Promise<Result<readonly DeadLetter[], Error>> =>
  context.access.run(async (queues, { client }) => {
    const { range, skippedCount } = toReach(context, page);
    const lists = await Promise.all(
      toFailedTasksQueries(context, client).map((query) => listNewestFailed(query, range)),
    );
    const failed = mergeNewest(lists).slice(skippedCount, skippedCount + page.limit);
    const letters = await Promise.all(
      context.tasks.map((task) => {
        const ids = failed.filter(({ taskName }) => taskName === task.queueName).map(({ id }) => id);
        return readDeadLetters(toSource(context, { queues, client, task }), ids);
      }),
    );
    const letterOf = new Map(letters.flat().map((letter) => [toPlaceKey(letter), letter]));
    return failed
      .map(({ id, taskName }) => letterOf.get(toPlaceKey({ id, name: taskName })))
      .filter((letter) => letter !== undefined);
  });

/** Another program's id, such as "1", may be in several queues. No name of a task has a space. */
const toPlaceKey = (letter: Pick<DeadLetter, 'id' | 'name'> | undefined): string =>
  `${letter?.name} ${letter?.id}`;

interface LetterPlace {
  readonly queues: TaskQueues;
  readonly client: Client;
  readonly task: TaskDefinition<unknown>;
}

const toSource = ({ appConfig }: LetterContext, { queues, client, task }: LetterPlace): TaskSource => ({
  client,
  queue: queues.get(task.queueName),
  maxAttempts: task.options.maxAttempts ?? appConfig.taskMaxAttempts,
});

/** Reads a letter that was found; `undefined` when it was deleted, or put back, meanwhile. */
export const readLetter = (
  context: LetterContext,
  task: TaskDefinition<unknown>,
  id: TaskId,
): Promise<Result<DeadLetter | undefined, Error>> =>
  context.access.run(async (queues, { client }) => {
    const [letter] = await readDeadLetters(toSource(context, { queues, client, task }), [id]);
    return letter;
  });

/** Finds the task of an id, whatever its status. */
export const findTask = (
  { access, appConfig, tasks }: LetterContext,
  id: TaskId,
): Promise<Result<TaskPlace | undefined, Error>> =>
  access.run((queues, { client }) =>
    findRetriable({ client, queues, prefix: appConfig.queuePrefix, tasks, id }),
  );

/** Puts a letter back that Redis has forgotten and the ledger keeps; one that was retried already only if `isForced`. */
export const recallLetter = (
  { access, appConfig, tasks }: LetterContext,
  id: TaskId,
  isForced: boolean,
): Promise<Result<RecalledTask | undefined, Error>> =>
  recallEnded({ access, ledger: sharedTaskLedger(appConfig), tasks, id, statuses: ['failed'], isForced });

/** Counts letters. */
export const countLetters = (context: LetterContext): Promise<Result<number, Error>> =>
  context.access.run(async (_queues, { client }) => {
    const counts = await Promise.all(toFailedTasksQueries(context, client).map(countFailed));
    return counts.reduce((sum, count) => sum + count, 0);
  });
