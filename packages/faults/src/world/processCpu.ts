import { readFileSync } from 'node:fs';

/** Ticks a second of /proc: 100 on every Linux that Bun runs on. */
const MS_PER_TICK = 10;

/** Processor time of a process so far, user and system, in milliseconds; `undefined` where there is no /proc. */
export const readCpuMs = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces. Fields 14 and 15 of proc(5) are 11 and 12 after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined; // it has just ended, or this is not Linux
  }
};
