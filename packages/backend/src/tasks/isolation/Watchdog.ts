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

/** How a watchdog has died. */
interface WatchdogEnd {
  /** Null when a signal killed it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

interface WatchdogOptions {
  /** It could not be started: nothing is guarded until the next `guard`, which tries again. */
  onFault(error: Error): void;
  /** It has died and left processes unguarded; it is started again, with all that it guarded. */
  onDeath(end: WatchdogEnd): void;
  /** Default: `/bin/sh`. */
  readonly shell?: string;
  /** Milliseconds from one start to the next when it dies soon. Default: 1000. */
  readonly pauseMs?: number;
}

/** Creates a watchdog. Effect: one `sh` process, from the first `guard` until `close` or the end of this process. */
export const createWatchdog = ({
  onFault,
  onDeath,
  shell = '/bin/sh',
  pauseMs = 1000,
}: WatchdogOptions): Watchdog => {
  const guarded = new Set<number>();
  let child: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  const tell = (line: string): void => {
    child?.stdin?.write(`${line}\n`);
  };
  const startAgain = (end: WatchdogEnd, startedAtMs: number): void => {
    onDeath(end);
    const livedMs = performance.now() - startedAtMs;
    if (livedMs >= pauseMs) start();
    else restart = setTimeout(start, pauseMs - livedMs).unref();
  };
  const start = (): void => {
    clearTimeout(restart);
    const startedAtMs = performance.now();
    const started = spawn(shell, ['-c', SCRIPT, 'drover-isolation-watchdog'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    started.on('exit', (exitCode, signal) => {
      if (child !== started) return;
      child = undefined;
      // With nothing to guard there is time until the next attempt.
      if (guarded.size > 0) startAgain({ exitCode, signal }, startedAtMs);
    });
    started.on('error', (error) => {
      if (child === started) child = undefined;
      onFault(error);
    });
    // It has died; that it ends is told as well.
    started.stdin.on('error', () => undefined);
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
      clearTimeout(restart);
      child?.stdin?.end();
      child = undefined;
    },
  };
};
