import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a watchdog stops when the last user of it is gone. */
export interface Watched {
  /** Process id of the server. */
  readonly pid: number;
  /** Its port, which its command line shows: tells it from a later process with the same id. */
  readonly port: number;
  /** Folder to delete after the server has stopped; undefined keeps its data. */
  readonly doomedFolder: string | undefined;
}

/** A small process that outlives this one, so that no end of ours leaves a server behind. */
export interface Watchdog {
  /** Gives up this process's seat and resolves when the server is stopped, or stays for its other users. */
  readonly release: () => Promise<void>;
}

/**
 * It reads from a pipe that only this process holds open: whatever ends us, `kill -9` included, the kernel closes the
 * pipe and the read returns. Removing the seats folder succeeds for the last user alone. A process counts as the
 * server while its command line shows the port (a zombie's is empty); without /proc its id has to do.
 * The server has 3 seconds between SIGTERM and SIGKILL.
 */
const SCRIPT = `
trap '' HUP INT TERM
seats=$1 seat=$2 pid=$3 port=$4 doomed=$5
is_running() {
  kill -0 "$pid" 2>/dev/null || return 1
  [ ! -e /proc/self/cmdline ] || grep -q "$port" "/proc/$pid/cmdline" 2>/dev/null
}
read -r _
rm -f "$seats/$seat"
rmdir "$seats" 2>/dev/null || exit 0
waited=0
if is_running; then kill -TERM "$pid"; fi
while is_running && [ "$waited" -lt 60 ]; do
  sleep 0.05
  waited=$((waited + 1))
done
if is_running; then kill -KILL "$pid"; fi
[ -z "$doomed" ] || rm -rf "$doomed"
`;

/** Makes the folder that holds one file per user of a server. Outside the data folder, which may be deleted early. */
export const createSeatsFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'drover-redis-'));

/**
 * Takes a seat and starts a watchdog for it. Effects: a file, and one `sh` process that ends after `release` or after
 * the end of this process.
 *
 * @returns undefined when the seats folder is gone: its server is being stopped.
 */
export const startWatchdog = async (seatsFolder: string, watched: Watched): Promise<Watchdog | undefined> => {
  const seat = `user-${Bun.randomUUIDv7()}`;
  const isSeated = await writeFile(join(seatsFolder, seat), '').then(
    () => true,
    () => false,
  );
  if (!isSeated) return undefined;
  const { pid, port, doomedFolder = '' } = watched;
  const args = [
    '-c',
    SCRIPT,
    'drover-redis-watchdog',
    seatsFolder,
    seat,
    String(pid),
    String(port),
    doomedFolder,
  ];
  const child = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  return {
    release: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
};
