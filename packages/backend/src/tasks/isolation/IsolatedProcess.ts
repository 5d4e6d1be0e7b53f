import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeUnknown } from '@core/errors/describeUnknown';
import { createLink, type Link, type LinkOptions } from './Link';
import { createOutputLines } from './OutputLines';

/** How a process ended. */
export interface ProcessEnd {
  /** Null when a signal killed it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not even be started. */
  readonly startError?: Error;
}

/**
 * Says how a process ended, for a sentence that begins with the process.
 *
 * @param unfinished What had not happened by then.
 */
export const describeEnd = ({ exitCode, signal, startError }: ProcessEnd, unfinished: string): string => {
  if (startError !== undefined) return `could not be started: ${describeUnknown(startError)}`;
  if (signal !== null) return `was killed by ${signal} before ${unfinished}`;
  return `ended with exit code ${exitCode} before ${unfinished}`;
};

/** A process for one isolated attempt, in a process group of its own. */
export interface IsolatedProcess {
  /** `undefined` when it could not be started. */
  readonly pid: number | undefined;
  readonly link: Link;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  /** Closes the channel, upon which it ends by itself. */
  release(): void;
  /** Kills it and whatever it has started in its process group. */
  kill(): void;
}

interface IsolatedProcessOptions extends Pick<LinkOptions, 'answer' | 'onFault'> {
  /** URL of the module that lists the tasks. */
  readonly tasksModule: string;
  /** Gets what it prints, line by line; it may print no more until what this answers has resolved. */
  onOutput(stream: OutputStream, line: string): Promise<void> | undefined;
}

/** Where a process prints. */
export type OutputStream = 'stdout' | 'stderr';

/** The program, beside this file and with the same ending, whether that is TypeScript or what became of it. */
const ENTRY = fileURLToPath(new URL(`./isolatedEntry${extname(import.meta.url)}`, import.meta.url));

/** Milliseconds in which the last lines of a process that has ended arrive. */
const LAST_OUTPUT_MS = 1000;

/** Flags of this process alone: its children would not end, or want its port. */
const OWN_FLAGS = /^--(watch|hot|inspect)/;

/**
 * Starts a process with the environment and the flags of this one. A group of its own keeps Ctrl-C in a terminal away
 * from it, and lets what it has started be killed with it.
 */
export const startIsolatedProcess = ({
  tasksModule,
  answer,
  onFault,
  onOutput,
}: IsolatedProcessOptions): IsolatedProcess => {
  const child = fork(ENTRY, [tasksModule], {
    execArgv: process.execArgv.filter((flag) => !OWN_FLAGS.test(flag)),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
    detached: true,
  });
  const link = createLink({
    send: (message) => {
      if (child.connected) child.send(message, (error) => (error === null ? undefined : onFault(error)));
    },
    answer,
    onFault,
  });
  child.on('message', link.receive);
  passOn(child, onOutput);
  const kill = (): void => killGroup(child);
  return {
    pid: child.pid,
    link,
    // What it has left running in its group ends with it.
    ended: toEnded(child).finally(kill),
    release: () => {
      if (child.connected) child.disconnect();
    },
    kill,
  };
};

const passOn = (child: ChildProcess, onOutput: IsolatedProcessOptions['onOutput']): void => {
  for (const stream of ['stdout', 'stderr'] as const) {
    const source = child[stream];
    let waitingLines = 0;
    const lines = createOutputLines((line) => {
      const whenReady = onOutput(stream, line);
      if (whenReady === undefined) return;
      waitingLines += 1;
      source?.pause();
      void whenReady.then(() => {
        waitingLines -= 1;
        if (waitingLines === 0) source?.resume();
      });
    });
    source?.setEncoding('utf8').on('data', lines.take).on('end', lines.end);
    // Something that has left the process group may print there for ever: it is not listened to any more.
    child.on('exit', () => setTimeout(() => source?.destroy(), LAST_OUTPUT_MS).unref());
  }
};

const toEnded = (child: ChildProcess): Promise<ProcessEnd> =>
  new Promise((resolve) => {
    child.on('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.on('error', (error) => {
      // Also told of a signal or a message that came too late; only without an id has nothing been started.
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, startError: error });
    });
  });

const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
};
