import { type ProcessHistory } from '../check/History';
import { startWorkerChild, type WorkerChild } from './WorkerChild';

/** The worker processes of a run: numbered places, each with the process that has it now. */
export interface WorkerPool extends AsyncDisposable {
  /** Starts one more; resolves when it takes tasks or has ended. */
  add(): Promise<WorkerChild>;
  /** Starts the process of a place again, unless the run is over. */
  restart(worker: number): Promise<void>;
  /** The process that has a place now. */
  at(worker: number): WorkerChild | undefined;
  /** The place of a process. */
  placeOf(pid: number): number | undefined;
  /** Processes that have not ended. */
  living(): readonly WorkerChild[];
  sampleCpu(): void;
  /** Nothing is started any more. */
  seal(): void;
  histories(): readonly ProcessHistory[];
}

/** Creates the pool. Its processes are called `worker-<place>-<number>`, unless their role is another one. */
export const createWorkerPool = ({
  role = 'worker',
  ...settings
}: Omit<Parameters<typeof startWorkerChild>[0], 'name'> & { readonly role?: string }): WorkerPool => {
  const places: WorkerChild[] = [];
  const all: WorkerChild[] = [];
  let isSealed = false;
  const start = (worker: number): WorkerChild => {
    const child = startWorkerChild({ ...settings, name: `${role}-${worker}-${all.length}` });
    places[worker] = child;
    all.push(child);
    return child;
  };
  return {
    add: async () => {
      const child = start(places.length);
      await child.ready;
      return child;
    },
    restart: async (worker) => {
      if (!isSealed) await start(worker).ready;
    },
    at: (worker) => places[worker],
    placeOf: (pid) => {
      const place = places.findIndex((child) => child.pid === pid);
      return place < 0 ? undefined : place;
    },
    living: () => all.filter((child) => !child.hasEnded()),
    sampleCpu: () => {
      for (const child of all) child.sampleCpu();
    },
    seal: () => {
      isSealed = true;
    },
    histories: () => all.map((child) => child.history()),
    [Symbol.asyncDispose]: async () => {
      isSealed = true;
      for (const child of all) {
        if (!child.hasEnded()) child.resume();
        child.kill();
      }
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
};
