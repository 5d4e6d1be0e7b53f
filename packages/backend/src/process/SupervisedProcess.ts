import { type ILogger } from '@backend/logger/Logger';
import { type ChildProcess, type ChildProcessOptions, startChildProcess } from './ChildProcess';

/** A child process that is started again when it is asked to, or when it dies. */
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

interface Keeper {
  /** Starts the process, now and whenever it dies; nothing after `giveUp`. */
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
  ...options
}: SupervisedProcessOptions): Keeper => {
  let child: ChildProcess | undefined;
  let isWanted = true;
  let respawn: ReturnType<typeof setTimeout> | undefined;
  const start = (): void => {
    if (!isWanted) return;
    const started = startChildProcess(options);
    child = started;
    void started.ended.then((end) => {
      if (child !== started) return; // stopped on purpose
      child = undefined;
      logger.warn(`The ${name} ended by itself; starting it again`, { ...end });
      respawn = setTimeout(start, respawnDelayMs);
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
