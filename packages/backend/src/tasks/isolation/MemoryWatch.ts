import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** How often the memory of a process is looked at; milliseconds. */
const LOOK_MS = 250;

const KB_PER_MB = 1024;

interface MemoryWatchOptions {
  readonly pid: number;
  /** Megabytes of resident memory. */
  readonly maxMemoryMb: number;
  /** Called once, with the megabytes that were found. */
  onExceeded(residentMb: number): void;
  /** Default: 250. */
  readonly intervalMs?: number;
  /** Default: what the operating system says. */
  readonly readMb?: (pid: number) => Promise<number | undefined>;
}

/** Looks at the resident memory of a process until it has more than it may, or `stop` is called. */
export const watchMemory = ({
  pid,
  maxMemoryMb,
  onExceeded,
  intervalMs = LOOK_MS,
  readMb = readResidentMb,
}: MemoryWatchOptions): { stop(): void } => {
  let isStopped = false;
  const look = async (): Promise<void> => {
    const residentMb = (await readMb(pid)) ?? 0;
    if (isStopped) return;
    if (residentMb > maxMemoryMb) onExceeded(residentMb);
    else timer = setTimeout(look, intervalMs);
  };
  let timer = setTimeout(look, intervalMs);
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};

/** Reads the resident memory of a process, in megabytes; `undefined` when it is gone. */
export const readResidentMb = async (pid: number): Promise<number | undefined> => {
  try {
    const kb = process.platform === 'linux' ? await readFromProc(pid) : await readFromPs(pid);
    return kb === undefined ? undefined : Math.round(kb / KB_PER_MB);
  } catch {
    // It has ended, which whoever started it hears in another way.
    return undefined;
  }
};

const readFromProc = async (pid: number): Promise<number | undefined> =>
  toKb(/^VmRSS:\s*(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

const readFromPs = async (pid: number): Promise<number | undefined> => {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return toKb(stdout.trim());
};

const toKb = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number(text);
