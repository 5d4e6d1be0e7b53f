import { err, ok, type Result } from 'neverthrow';
import { numberProblem } from '../domain/numberRule';
import { createTaskWorker, type TaskWorker } from './TaskWorker';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { planWorker, WorkerOptionsError } from './WorkerPlan';
import { type WorkerStartError } from './WorkerStartError';

/** Workers that were started together, all in this process. */
export interface TaskWorkers {
  readonly workers: readonly TaskWorker[];
  /** Stops all of them, at the same time. */
  stop(): Promise<void>;
}

/**
 * Starts several workers in this process, named `<id>-1` and so on. Each takes up to `concurrency` tasks of all names
 * together at the same time. One worker with a higher concurrency costs less; several are for tests, and for pausing them one by one.
 * Processes are what uses several cores.
 *
 * @param count 1 to 100.
 * @returns When all take tasks; `err` with the first error when one did not start, after the others were stopped.
 * @throws TaskRegistryError when the list of tasks is wrong; WorkerOptionsError when the count or another option is.
 */
export const startTaskWorkers = async (
  count: number,
  options: TaskWorkerOptions,
): Promise<Result<TaskWorkers, WorkerStartError>> => {
  const countProblem = numberProblem('count', count, { min: 1, max: 100 });
  if (countProblem !== undefined) throw new WorkerOptionsError([countProblem]);
  const { id } = planWorker(options);
  const workers = Array.from({ length: count }, (_, index) =>
    createTaskWorker({ ...options, id: `${id}-${index + 1}` }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
  };
  const started = await Promise.all(workers.map((worker) => worker.start()));
  const failed = started.find((answer) => answer.isErr());
  if (failed?.isErr()) {
    await stop();
    return err(failed.error);
  }
  return ok({ workers, stop });
};
