import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { suggestion } from '../domain/nearestName';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FoundHandle } from '../domain/TaskHandle';
import { ORDERS, type TasksCheck } from './IsolatedOrder';
import {
  describeEnd,
  type IsolatedProcess,
  type OutputStream,
  startIsolatedProcess,
} from './IsolatedProcess';
import { type LinkOptions } from './Link';
import { printLine } from './printLine';
import { type IsolatedAttempt, type IsolatedRun, runIsolated } from './runIsolated';
import { createWatchdog } from './Watchdog';

/** Runs the isolated attempts of one worker. */
export interface Isolation {
  /**
   * Starts a process as for an attempt and has it load the tasks.
   *
   * @returns `err` with a sentence when the module cannot be loaded, does not list each of the names, or lacks a resource
   *   that one of them declares.
   */
  check(taskNames: readonly string[]): Promise<Result<void, string>>;
  /** Runs an attempt in a process of its own. */
  run(attempt: Omit<IsolatedAttempt, 'appConfig' | 'tasks' | 'findHandle'>): IsolatedRun;
  /** Kills every process that still runs. */
  close(): void;
}

/** What an isolation is made of. */
export interface IsolationOptions {
  /** URL of the module that lists the tasks, and the shared resources that they declare. */
  readonly tasksModule: string;
  /** What handlers may schedule: every definition of the worker. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Makes the handle of a task that a handler has scheduled. */
  findHandle(task: TaskDefinition<unknown>, id: string): FoundHandle;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Gets what the processes print. Default: it is printed where this process prints. */
  readonly print?: (stream: OutputStream, line: string) => Promise<void> | undefined;
}

/** Milliseconds in which a process must have loaded the tasks; the first start on a busy machine takes seconds. */
const CHECK_TIMEOUT_MS = 30_000;

/** Creates an isolation. Nothing is started before `check` or `run`. */
export const createIsolation = ({
  tasksModule,
  tasks,
  findHandle,
  logger,
  appConfig,
  print = printLine,
}: IsolationOptions): Isolation => {
  const watchdog = createWatchdog({
    onFault: (error) =>
      logger.warn('Isolated processes may outlive this one: what ends them did not start', {
        reason: error.message,
      }),
    onDeath: (end) =>
      logger.warn('What ends isolated processes with this one has died; it is started again', end),
  });
  const running = new Set<IsolatedProcess>();

  const start = (answer: LinkOptions['answer'], toLine: (line: string) => string): IsolatedProcess => {
    const child = startIsolatedProcess({
      tasksModule,
      answer,
      onFault: (thrown) =>
        logger.warn('A message to or from an isolated process was lost', { reason: describeUnknown(thrown) }),
      onOutput: (stream, line) => print(stream, toLine(line)),
    });
    const { pid } = child;
    running.add(child);
    if (pid !== undefined) watchdog.guard(pid);
    void child.ended.then(() => {
      running.delete(child);
      if (pid !== undefined) watchdog.release(pid);
    });
    return child;
  };

  return {
    check: async (taskNames) => {
      const checked = await checkTasks({ start, tasksModule, taskNames });
      return checked.andThen((check) => toVerdict({ ...check, taskNames, tasksModule }));
    },
    run: (attempt) => {
      const { taskId } = attempt.context;
      return runIsolated({ ...attempt, appConfig, tasks, findHandle }, (answer) =>
        start(answer, (line) => withTaskId(line, taskId)),
      );
    },
    close: () => {
      for (const child of running) child.kill();
      watchdog.close();
    },
  };
};

/** A line of a logger carries the id already, and stays one that a program can read. */
const withTaskId = (line: string, taskId: string): string =>
  line.includes(taskId) ? line : `[${taskId}] ${line}`;

interface CheckOptions {
  start(answer: LinkOptions['answer'], toLine: (line: string) => string): IsolatedProcess;
  readonly tasksModule: string;
  readonly taskNames: readonly string[];
}

const checkTasks = async ({
  start,
  tasksModule,
  taskNames,
}: CheckOptions): Promise<Result<TasksCheck, string>> => {
  const up = Promise.withResolvers<void>();
  const child = start(
    () => up.resolve(),
    (line) => line,
  );
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill();
  }, CHECK_TIMEOUT_MS);
  const died = child.ended.then((end): never => {
    const how = isLate
      ? `took longer than ${CHECK_TIMEOUT_MS} ms`
      : describeEnd(end, 'it had loaded the tasks');
    throw new Error(`its process ${how}`);
  });
  try {
    const asked = up.promise.then(() => child.link.ask(ORDERS.check, [taskNames]));
    return ok((await Promise.race([asked, died])) as TasksCheck); // what serveWorker answers
  } catch (thrown) {
    return err(`an isolated process cannot load the tasks of ${tasksModule}: ${describeUnknown(thrown)}`);
  } finally {
    clearTimeout(timer);
    died.catch(() => undefined); // it ends now, with its answer given
    child.release();
  }
};

interface CheckedTasks extends TasksCheck {
  readonly taskNames: readonly string[];
  readonly tasksModule: string;
}

const toVerdict = ({
  taskNames,
  names,
  resourceProblems,
  tasksModule,
}: CheckedTasks): Result<void, string> => {
  const missing = taskNames.filter((name) => !names.includes(name));
  const sentences = missing.map(
    (name) =>
      `expected tasks of ${tasksModule} to list ${name}, because it is isolated: its process finds the definition there.${suggestion(name, names)}`,
  );
  if (resourceProblems.length > 0)
    sentences.push(
      `expected ${tasksModule} to export what isolated tasks need as resources: ${resourceProblems.join(' ')}`,
    );
  return sentences.length === 0 ? ok() : err(sentences.join(' '));
};
