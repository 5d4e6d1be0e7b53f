import { type ChildProcess, spawn } from 'node:child_process';

/** A small process that outlives this one, so that no end of ours leaves the processes of isolated attempts behind. */
export interface Watchdog {
  /** From now on this process group is killed when this process is gone. */
  guard(processGroup: number): void;
  /** It has ended. */
  release(processGroup: number): void;
  /** Ends the watchdog, which kills what it still guards. */
  close(): void;
}

/**
 * It reads from a pipe that only this process holds open: whatever ends us, `kill -9` included, the kernel closes the
 * pipe and the read fails. A handler in an endless loop would not notice that itself.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=
while read -r sign group; do
  others=
  for known in $groups; do
    [ "$known" = "$group" ] || others="$others $known"
  done
  groups=$others
  [ "$sign" = - ] || groups="$groups $group"
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
`;

interface WatchdogOptions {
  /** It could not be started: nothing is guarded until the next `guard`, which tries again. */
  onFault(error: Error): void;
  /** Default: `/bin/sh`. */
  readonly shell?: string;
}

/** Creates a watchdog. Effect: one `sh` process, from the first `guard` until `close` or the end of this process. */
export const createWatchdog = ({ onFault, shell = '/bin/sh' }: WatchdogOptions): Watchdog => {
  const guarded = new Set<number>();
  let child: ChildProcess | undefined;
  const tell = (line: string): void => {
    child?.stdin?.write(`${line}\n`);
  };
  const start = (): void => {
    const started = spawn(shell, ['-c', SCRIPT, 'drover-isolation-watchdog'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    const forget = (): void => {
      // Somebody has killed it; the next attempt starts another.
      if (child === started) child = undefined;
    };
    started.on('exit', forget);
    started.on('error', (error) => {
      forget();
      onFault(error);
    });
    started.stdin.on('error', forget);
    started.unref();
    child = started;
    for (const processGroup of guarded) tell(`+ ${processGroup}`);
  };
  return {
    guard: (processGroup) => {
      guarded.add(processGroup);
      if (child === undefined) start();
      else tell(`+ ${processGroup}`);
    },
    release: (processGroup) => {
      guarded.delete(processGroup);
      tell(`- ${processGroup}`);
    },
    close: () => {
      child?.stdin?.end();
      child = undefined;
    },
  };
};
