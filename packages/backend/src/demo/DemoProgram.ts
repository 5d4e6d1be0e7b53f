import { openSync } from 'node:fs';
import { join } from 'node:path';
import { STOP_WITH_STDIN } from '@backend/process/StopRequest';

/** An entry point that runs as a process of its own, and logs into a file. */
export interface DemoProgram extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  hasEnded(): boolean;
}

interface DemoProgramOptions {
  readonly name: 'worker' | 'api';
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

const STOP_TIMEOUT_MS = 30_000;

/** Starts `worker.ts` or `api.ts`. Disposing stops it well, and kills it after 30 s. */
export const startDemoProgram = ({ name, folder, env }: DemoProgramOptions): DemoProgram => {
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, 'a');
  const child = Bun.spawn([process.execPath, '--no-install', join(import.meta.dir, `../${name}.ts`)], {
    env: { ...process.env, ...env, [STOP_WITH_STDIN]: '1' },
    stdin: 'pipe',
    stdout: log,
    stderr: log,
    detached: true,
  });
  return {
    name,
    pid: child.pid,
    logPath,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await child.exited;
      clearTimeout(timer);
    },
  };
};
