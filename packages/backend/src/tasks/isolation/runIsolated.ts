import { type AppConfig } from '@backend/config/AppConfig';
import { err, ok, type Result } from 'neverthrow';
import { type IsolationLimits } from '../domain/Isolation';
import { type Ancestors } from '../domain/TaskChildren';
import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type StepOwner, type StepStore } from '../domain/TaskStep';
import { toTaskError } from '../domain/toTaskError';
import { toErrorCopy } from './ErrorCopy';
import { answerForwarded, toCarriedContext, type WorkerParts } from './ForwardedContext';
import { type IsolatedOrder, ORDERS, RESOURCES_STOP_MS } from './IsolatedOrder';
import { describeEnd, type IsolatedProcess, type ProcessEnd } from './IsolatedProcess';
import { type LinkOptions } from './Link';
import { watchMemory } from './MemoryWatch';

/** One attempt for a process of its own. */
export interface IsolatedAttempt extends Pick<WorkerParts, 'tasks' | 'findHandle'> {
  readonly task: TaskDefinition<unknown>;
  /** As it was scheduled. */
  readonly payload: unknown;
  /** Of the attempt in the worker; what the handler asks for is done with it, and its signal is passed on. */
  readonly context: TaskContext;
  /** Bytes of the result as JSON. */
  readonly maxResultBytes: number;
  /** The worker's. */
  readonly appConfig: AppConfig;
  /** Where the steps of the handler are kept. */
  readonly steps: StepStore;
  readonly stepOwner: StepOwner;
  /** Who waits for the task, the outermost first. */
  readonly ancestors: Ancestors;
}

/** An attempt that runs in a process of its own. */
export interface IsolatedRun {
  /** What the handler returned, its output checked; an error too when its process died. Never rejects. */
  readonly result: Promise<Result<unknown, TaskError>>;
  /** Resolves when the process is gone. */
  readonly over: Promise<void>;
  /** What the process still starts before it calls the handler: itself, or a resource, by name. */
  starting(): string | undefined;
  /** Kills the process, and what it has started. */
  kill(): void;
}

/** Milliseconds that a process gets to end after it has answered; then it is killed. */
const EXIT_GRACE_MS = 500;

/** Runs an attempt in a process that `startProcess` starts. */
export const runIsolated = (
  attempt: IsolatedAttempt,
  startProcess: (answer: LinkOptions['answer']) => IsolatedProcess,
): IsolatedRun => {
  const { task, context } = attempt;
  const up = Promise.withResolvers<void>();
  const start = createStart();
  const child = startProcess((member, args, work) => {
    switch (member) {
      case ORDERS.up:
        return up.resolve();
      case ORDERS.starting:
        return start.enter(String(args[0]));
      case ORDERS.begun:
        return start.end();
      default:
        return answerForwarded(attempt, member, args, work);
    }
  });
  const passAbort = (): void => child.link.tell(ORDERS.abort, [toErrorCopy(context.signal.reason)]);
  void up.promise.then(() => {
    if (context.signal.aborted) passAbort();
    else context.signal.addEventListener('abort', passAbort);
  });
  const memory = limitMemory(child, task.options.isolate);
  const result = Promise.race([
    up.promise.then(() => order(child, attempt)),
    memory.exceeded,
    toDeath(child, start),
  ]);
  const over = result.then(() => {
    memory.stop();
    context.signal.removeEventListener('abort', passAbort);
    return letEnd(child, (task.options.resources ?? []).length > 0);
  });
  return { result, over, starting: start.current, kill: child.kill };
};

/** How far the process has come before it calls the handler. */
interface Start {
  enter(resource: string): void;
  end(): void;
  readonly current: IsolatedRun['starting'];
  /** For the sentence about a process that has died. */
  unfinished(): string;
}

const createStart = (): Start => {
  let resource: string | undefined;
  let hasEnded = false;
  return {
    enter: (name) => {
      resource = `the resource ${name}`;
    },
    end: () => {
      hasEnded = true;
    },
    current: () => (hasEnded ? undefined : (resource ?? 'its process')),
    unfinished: () =>
      hasEnded || resource === undefined ? 'the handler had ended' : `${resource} had started`,
  };
};

type Ended = Result<unknown, TaskError>;

const order = async (
  { link }: IsolatedProcess,
  { task, payload, context, maxResultBytes, stepOwner, ancestors, appConfig }: IsolatedAttempt,
): Promise<Ended> => {
  const taskName = task.queueName;
  const sent: IsolatedOrder = {
    ...{ taskName, payload, maxResultBytes, stepOwner, ancestors, appConfig },
    context: toCarriedContext(context),
  };
  try {
    return ok(await link.ask(ORDERS.run, [sent]));
  } catch (thrown) {
    return err(toTaskError(thrown));
  }
};

/** What the worker still asks of the process, such as the work of a forwarded member, fails with the same error. */
const toDeath = async ({ ended, link }: IsolatedProcess, start: Start): Promise<Ended> => {
  const error = toProcessDied(await ended, start.unfinished());
  link.close(error);
  return err(error);
};

const toProcessDied = (end: ProcessEnd, unfinished: string): TaskError => {
  const { exitCode, signal } = end;
  const message = `the isolated process of the task ${describeEnd(end, unfinished)}`;
  return new TaskError(message, { exitCode, signal }, { code: 'process-died', cause: end.startError });
};

/** Kills the process when it has too much memory, and says so. */
const limitMemory = (
  child: IsolatedProcess,
  isolate: true | IsolationLimits | undefined,
): { readonly exceeded: Promise<Ended>; stop(): void } => {
  const { promise: exceeded, resolve } = Promise.withResolvers<Ended>();
  const { maxMemoryMb } = isolate === undefined || isolate === true ? {} : isolate;
  if (maxMemoryMb === undefined || child.pid === undefined) return { exceeded, stop: () => undefined };
  const watch = watchMemory({
    pid: child.pid,
    maxMemoryMb,
    onExceeded: (residentMb) => {
      resolve(err(toMemoryLimit(residentMb, maxMemoryMb)));
      child.kill();
    },
  });
  return { exceeded, stop: watch.stop };
};

const toMemoryLimit = (residentMb: number, maxMemoryMb: number): TaskError =>
  new TaskError(
    `the isolated process of the task had ${residentMb} MB of memory, more than isolate.maxMemoryMb (${maxMemoryMb})`,
    { residentMb, maxMemoryMb },
    { code: 'memory-limit' },
  );

/** Resolves when the process is gone. The result is known: what its resources take to stop is no part of the attempt. */
const letEnd = async (child: IsolatedProcess, hasResources: boolean): Promise<void> => {
  if (hasResources) await stopResources(child);
  child.release();
  const timer = setTimeout(child.kill, EXIT_GRACE_MS);
  await child.ended;
  clearTimeout(timer);
};

const stopResources = async ({ link, ended }: IsolatedProcess): Promise<void> => {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, RESOURCES_STOP_MS + EXIT_GRACE_MS);
  const stopped = link.ask(ORDERS.stop, []).catch(() => undefined); // it has died
  await Promise.race([stopped, ended, limit.promise]);
  clearTimeout(timer);
};
