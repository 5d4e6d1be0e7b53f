import { closeSync, openSync } from 'node:fs';
import { STOP_WITH_STDIN } from './StopRequest';

/** A process that this one has started, and stops. */
export interface ChildProcess {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<ChildEnd>;
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL when it takes too long; resolves when it has ended. */
  stop(): Promise<void>;
}

/** How a process ended: one of the two is null. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | number | null;
}

/** How a process is started and stopped. */
export interface ChildProcessOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file that everything it prints is added to. Default: it prints where this process prints. */
  readonly logPath?: string;
  /** Milliseconds between SIGTERM and SIGKILL; longer than the process needs to drain. */
  readonly stopTimeoutMs: number;
}

/**
 * Starts a process in a process group of its own, so that Ctrl-C in a terminal reaches only this one, and with a pipe as
 * standard input whose end tells it that this one is gone, however it went.
 */
export const startChildProcess = (options: ChildProcessOptions): ChildProcess => {
  const child = spawn(options);
  return {
    pid: child.pid,
    ended: child.exited.then(() => ({ code: child.exitCode, signal: child.signalCode })),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), options.stopTimeoutMs);
      await child.exited;
      clearTimeout(timer);
    },
  };
};

const spawn = ({ command, env, logPath }: ChildProcessOptions) => {
  const output = logPath === undefined ? 'inherit' : openSync(logPath, 'a');
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env, [STOP_WITH_STDIN]: '1' },
    stdin: 'pipe',
    stdout: output,
    stderr: output,
    detached: true,
  });
  if (typeof output === 'number') closeSync(output); // the child has its own
  return child;
};
