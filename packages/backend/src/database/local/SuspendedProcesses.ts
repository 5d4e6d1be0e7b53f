import { spawn } from 'node:child_process';

/** Stops processes, and lets them go on when told or when this process ends: a process that is stopped ends by no SIGTERM. */
const SCRIPT = `kill -STOP "$@"; echo stopped; read -r _; kill -CONT "$@"`;

/** Stops processes with SIGSTOP. Answers what lets them go on. */
export const suspendProcesses = async (pids: readonly number[]): Promise<() => Promise<void>> => {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'drover-suspend', ...pids.map(String)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return async () => {
    child.stdin.end();
    await ended;
  };
};
