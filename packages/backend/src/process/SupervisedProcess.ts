import { type ILogger } from '@backend/logger/Logger';
import {
  type ChildEnd,
  type ChildProcess,
  type ChildProcessOptions,
  startChildProcess,
} from './ChildProcess';

/**
 * A child process that is started again when it is asked to, or when it dies. One that ends with 0 is done, and one that
 * fails right at its start would fail again: both stay down until `restart`.
 */
export interface SupervisedProcess {
  /** Stops it well, waits for its end and starts it anew. Calls while it restarts are one. */
  restart(): Promise<void>;
  /** Stops it well and waits for its end. */
  stop(): Promise<void>;
  /** Undefined while it is not running. */
  pid(): number | undefined;
}

interface SupervisedProcessOptions extends ChildProcessOptions {
  readonly name: string;
  readonly logger: ILogger;
  /** Milliseconds before a process that died is started again. Default: 1000. */
  readonly respawnDelayMs?: number;
  /** Milliseconds after its start in which a failure counts as one of the start. Default: 3000. */
  readonly startMs?: number;
}

/** Starts a process and keeps it running until `stop`. */
export const superviseProcess = (options: SupervisedProcessOptions): SupervisedProcess => {
  const keeper = createKeeper(options);
  let restarting: Promise<void> | undefined;
  keeper.start();
  return {
    restart: () => {
      restarting ??= keeper
        .end()
        .then(keeper.start)
        .finally(() => {
          restarting = undefined;
        });
      return restarting;
    },
    stop: async () => {
      keeper.giveUp();
      await restarting;
      await keeper.end();
    },
    pid: keeper.pid,
  };
};

/** What becomes of a process that ended by itself, in words. */
const FATES = {
  done: 'is done; a change of the sources starts it again',
  'failed-start': 'ended at its start; waiting for a change of the sources',
  respawn: 'ended by itself; starting it again',
} as const;

/** A signal comes from outside, and says nothing about the next start. */
const decideFate = (
  { code }: ChildEnd,
  { isStarting }: { readonly isStarting: boolean },
): keyof typeof FATES => {
  if (code === 0) return 'done';
  return code !== null && isStarting ? 'failed-start' : 'respawn';
};

interface Keeper {
  /** Starts the process, now and, if that makes sense, whenever it dies; nothing after `giveUp`. */
  start(): void;
  /** Stops the process and does not start it again by itself. */
  end(): Promise<void>;
  giveUp(): void;
  pid(): number | undefined;
}

const createKeeper = ({
  name,
  logger,
  respawnDelayMs = 1000,
  startMs = 3000,
  ...options
}: SupervisedProcessOptions): Keeper => {
  let child: ChildProcess | undefined;
  let isWanted = true;
  let respawn: ReturnType<typeof setTimeout> | undefined;
  const start = (): void => {
    if (!isWanted) return;
    const startedAtMs = performance.now();
    const started = startChildProcess(options);
    child = started;
    void started.ended.then((end) => {
      if (child !== started) return; // stopped on purpose
      child = undefined;
      const fate = decideFate(end, { isStarting: performance.now() - startedAtMs < startMs });
      logger[fate === 'done' ? 'info' : 'warn'](`The ${name} ${FATES[fate]}`, { ...end });
      if (fate === 'respawn') respawn = setTimeout(start, respawnDelayMs);
    });
  };
  const end = async (): Promise<void> => {
    clearTimeout(respawn);
    const ending = child;
    child = undefined;
    await ending?.stop();
  };
  const giveUp = (): void => {
    isWanted = false;
  };
  return { start, end, giveUp, pid: () => child?.pid };
};
