import { join } from 'node:path';
import { type ChildProcess, startChildProcess } from '@backend/process/ChildProcess';

/** An entry point that runs as a process of its own, and logs into a file. Disposing stops it. */
export interface DemoProgram extends AsyncDisposable, Pick<ChildProcess, 'pid' | 'hasEnded'> {
  readonly name: string;
  readonly logPath: string;
}

interface DemoProgramOptions {
  readonly name: 'worker' | 'api';
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts `worker.ts` or `api.ts`. */
export const startDemoProgram = ({ name, folder, env }: DemoProgramOptions): DemoProgram => {
  const logPath = join(folder, `${name}.log`);
  const { pid, hasEnded, stop } = startChildProcess({
    command: [process.execPath, '--no-install', join(import.meta.dir, `../${name}.ts`)],
    env,
    logPath,
    stopTimeoutMs: 30_000,
  });
  return { name, pid, logPath, hasEnded, [Symbol.asyncDispose]: stop };
};
