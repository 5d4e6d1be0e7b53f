import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended, and that nobody has asked for its end yet, does not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It is gone by now, or there is no /proc.
    return process.platform !== 'linux';
  }
};
