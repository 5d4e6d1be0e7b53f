import { describeUnknown } from '@core/errors/describeUnknown';
import { TaskError } from '../domain/TaskError';
import { toTaskError } from '../domain/toTaskError';
import { type ErrorCopy, fromErrorCopy } from './ErrorCopy';
import { type IsolatedOrder, ORDERS } from './IsolatedOrder';
import { createLink, type Link } from './Link';
import { createOrderedRun, type OrderedRun } from './OrderedRun';
import { checkModule } from './TasksModule';

/**
 * Serves the worker that started this process: loads the tasks of a module and runs the attempt that it is asked for. The
 * process ends when the worker lets go of it, or is gone.
 *
 * @param tasksModule URL of a module that exports `tasks`.
 */
export const serveWorker = (tasksModule: string): void => {
  const controller = new AbortController();
  const stray = catchStrayErrors();
  const runs: OrderedRun[] = [];
  const link: Link = createLink({
    send: (message) => {
      // Without its channel the process is about to end.
      if (process.connected) process.send?.(message);
    },
    answer: async (member, args) => {
      switch (member) {
        case ORDERS.check:
          return checkModule(tasksModule, args[0] as readonly string[]); // sent by Isolation
        case ORDERS.run: {
          const order = args[0] as IsolatedOrder; // sent by runIsolated
          const run = createOrderedRun({ order, tasksModule, link, signal: controller.signal, stray });
          runs.push(run);
          return (await run.result).match(
            (value) => value,
            (error) => {
              throw error;
            },
          );
        }
        case ORDERS.stop:
          return Promise.all(runs.map(({ stop }) => stop()));
        case ORDERS.abort:
          return controller.abort(fromErrorCopy(args[0] as ErrorCopy)); // sent by runIsolated
        default:
          throw new Error(`a worker asked for ${member}, which an isolated process does not do`);
      }
    },
    onFault: (thrown) => process.stderr.write(`${describeUnknown(thrown)}\n`),
  });
  process.on('message', link.receive);
  process.on('disconnect', () => process.exit(0));
  // A service manager may signal the whole group of processes: the worker decides what becomes of the attempt.
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  link.tell(ORDERS.up, []);
};

/** Rejects nothing and resolves never, unless an error reaches no one: then with that error. */
const catchStrayErrors = (): Promise<TaskError> =>
  new Promise((resolve) => {
    const report = (thrown: unknown): void => {
      const { message, original, cause } = toTaskError(thrown);
      const text = `an error of the isolated process reached no one: ${message}`;
      resolve(new TaskError(text, {}, { cause, ...(original === undefined ? {} : { original }) }));
    };
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report);
  });
