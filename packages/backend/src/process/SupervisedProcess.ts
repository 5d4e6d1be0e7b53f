import type { ILogger } from '@backend/logger/Logger';
import { STOP_WITH_STDIN } from './StopRequest';

/** A child process that is started again when it is asked to, or when it dies. */
export interface SupervisedProcess {
  /** Stops it well, waits for its end and starts it anew. Calls while it restarts are one. */
  restart(): Promise<void>;
  /** Stops it well and waits for its end. */
  stop(): Promise<void>;
  /** Undefined while it is not running. */
  pid(): number | undefined;
}

interface SupervisedProcessOptions {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: ILogger;
  /** Milliseconds between SIGTERM and SIGKILL; longer than the process needs to drain. */
  readonly stopTimeoutMs: number;
  /** Milliseconds before a process that died is started again. Default: 1000. */
  readonly respawnDelayMs?: number;
}

/**
 * Starts a child in a process group of its own, so that Ctrl-C in a terminal reaches only the supervisor, and with a
 * pipe as standard input whose end tells the child that the supervisor is gone, however it went.
 */
const spawn = ({ command, env }: SupervisedProcessOptions): Bun.Subprocess<'pipe', 'inherit', 'inherit'> =>
  Bun.spawn([...command], {
    env: { ...env, [STOP_WITH_STDIN]: '1' },
    stdin: 'pipe',
    stdout: 'inherit',
    stderr: 'inherit',
    detached: true,
  });

/** Starts a process and keeps it running until `stop`. */
export const superviseProcess = (options: SupervisedProcessOptions): SupervisedProcess => {
  const { name, logger, stopTimeoutMs, respawnDelayMs = 1000 } = options;
  let child: ReturnType<typeof spawn> | undefined;
  let isWanted = true;
  let restarting: Promise<void> | undefined;
  let respawn: ReturnType<typeof setTimeout> | undefined;

  const start = (): void => {
    if (!isWanted) return;
    const started = spawn(options);
    child = started;
    void started.exited.then((code) => {
      if (child !== started) return; // stopped on purpose
      child = undefined;
      logger.warn(`The ${name} ended by itself; starting it again`, { code, signal: started.signalCode });
      respawn = setTimeout(start, respawnDelayMs);
    });
  };

  const end = async (): Promise<void> => {
    clearTimeout(respawn);
    const ending = child;
    child = undefined;
    if (ending === undefined) return;
    ending.kill('SIGTERM');
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopTimeoutMs);
    await ending.exited;
    clearTimeout(timer);
  };

  start();
  return {
    restart: () => {
      restarting ??= end()
        .then(start)
        .finally(() => {
          restarting = undefined;
        });
      return restarting;
    },
    stop: async () => {
      isWanted = false;
      await restarting;
      await end();
    },
    pid: () => child?.pid,
  };
};
