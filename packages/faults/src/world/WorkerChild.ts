import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogLine, type ProcessHistory, type Window } from '../check/History';
import { machineNowMs } from '../tasks/Evidence';
import { readCpuMs } from './processCpu';

/** A worker process, and what is known of it. */
export interface WorkerChild {
  readonly pid: number;
  hasEnded(): boolean;
  readonly ended: Promise<void>;
  /** Resolves when it takes tasks or has ended. */
  readonly ready: Promise<void>;
  kill(): void;
  /** SIGTERM. */
  requestStop(): void;
  suspend(): void;
  resume(): void;
  /** Notes the processor time it has used so far. */
  sampleCpu(): void;
  history(): ProcessHistory;
}

interface WorkerChildOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Tells its files apart. */
  readonly name: string;
  /** Printed when it takes tasks. */
  readonly readyText: string;
  /** Milliseconds its clock is ahead of the machine's. */
  readonly clockAheadMs: number;
}

const READY_POLL_MS = 20;

/** Starts a worker process. It ends with this one: its standard input does. */
export const startWorkerChild = (options: WorkerChildOptions): WorkerChild => {
  const logPath = join(options.folder, `${options.name}.log`);
  const errorPath = join(options.folder, `${options.name}.err`);
  const child = spawn(options, logPath, errorPath);
  const startedAtMs = machineNowMs();
  const suspensions: { fromMs: number; toMs: number | undefined }[] = [];
  const cpu: { atMs: number; cpuMs: number }[] = [];
  let readyAtMs: number | undefined;
  let killedAtMs: number | undefined;
  let endedAtMs: number | undefined;
  const stopRequestedAtMs: number[] = [];
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const ended = child.exited.then(() => {
    endedAtMs = machineNowMs();
  });
  const waitUntilReady = async (): Promise<void> => {
    while (!hasEnded() && !readFileSync(logPath, 'utf8').includes(options.readyText)) {
      await Bun.sleep(READY_POLL_MS);
    }
    if (!hasEnded()) readyAtMs = machineNowMs();
  };
  const resume = (): void => {
    child.kill('SIGCONT');
    const last = suspensions.at(-1);
    if (last !== undefined) last.toMs ??= machineNowMs();
  };
  return {
    pid: child.pid,
    hasEnded,
    ended,
    ready: waitUntilReady(),
    kill: () => {
      if (hasEnded()) return;
      killedAtMs = machineNowMs();
      child.kill('SIGKILL');
    },
    requestStop: () => {
      if (hasEnded()) return;
      stopRequestedAtMs.push(machineNowMs());
      child.kill('SIGTERM');
    },
    suspend: () => {
      if (hasEnded()) return;
      suspensions.push({ fromMs: machineNowMs(), toMs: undefined });
      child.kill('SIGSTOP');
    },
    resume,
    sampleCpu: () => {
      const cpuMs = hasEnded() ? undefined : readCpuMs(child.pid);
      if (cpuMs !== undefined) cpu.push({ atMs: machineNowMs(), cpuMs });
    },
    history: () => ({
      pid: child.pid,
      name: options.name,
      startedAtMs,
      readyAtMs,
      killedAtMs,
      stopRequestedAtMs,
      endedAtMs,
      exitCode: child.exitCode,
      suspensions: suspensions.map(
        ({ fromMs, toMs }): Window => ({ fromMs, toMs: toMs ?? Number.POSITIVE_INFINITY }),
      ),
      cpu,
      lines: [
        ...parseLog(readFileSync(logPath, 'utf8'), options.clockAheadMs),
        ...parsePlain(readFileSync(errorPath, 'utf8')),
      ],
    }),
  };
};

const spawn = ({ command, env }: WorkerChildOptions, logPath: string, errorPath: string) => {
  const [output, errors] = [openSync(logPath, 'a'), openSync(errorPath, 'a')];
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdin: 'pipe',
    stdout: output,
    stderr: errors,
  });
  closeSync(output); // the child has its own
  closeSync(errors);
  return child;
};

/** JSON lines are log lines; anything else that a program prints to standard output is none. */
const parseLog = (text: string, clockAheadMs: number): readonly LogLine[] =>
  text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const fields = JSON.parse(line) as Record<string, unknown>;
      return [
        {
          atMs: Date.parse(String(fields['time'])) - clockAheadMs,
          level: String(fields['level']),
          message: String(fields['msg']),
          taskId: textField(fields, 'taskId'),
          correlationId: textField(fields, 'correlationId'),
          text: line,
        },
      ];
    } catch {
      return []; // cut short by SIGKILL
    }
  });

const textField = (fields: Record<string, unknown>, name: string): string | undefined =>
  typeof fields[name] === 'string' ? fields[name] : undefined;

/** What reaches standard error is an error line, at a time nobody knows. */
const parsePlain = (text: string): readonly LogLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      atMs: undefined,
      level: 'stderr',
      message: line,
      taskId: undefined,
      correlationId: undefined,
      text: line,
    }));
