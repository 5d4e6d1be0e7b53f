import { type SpawnOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { err, ok, type Result } from 'neverthrow';

/** Whom a program runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** In this order: the package's own user, then one that every Unix has. */
const USER_NAMES = ['postgres', 'nobody'];

const findEntry = (passwd: string, name: string): ServerUser | undefined => {
  const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(passwd) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
};

/** Whom Postgres is run as, which refuses to be run by root; undefined: as this process's own user, who is not root. */
export const findServerUser = async (): Promise<ServerUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of USER_NAMES) {
    const entry = findEntry(passwd, name);
    if (entry !== undefined) return entry;
  }
  return { uid: 65_534, gid: 65_534 };
};

/** Starts a program as a user, in a working folder that every user may enter. */
export const spawnAs = (
  user: ServerUser | undefined,
  [program = '', ...args]: readonly string[],
  options: SpawnOptions,
) => spawn(program, args, { cwd: '/', ...user, ...options });

/** Runs a program as a user to its end; the error is what it complained with. */
export const runAs = (
  user: ServerUser | undefined,
  command: readonly string[],
): Promise<Result<string, string>> =>
  new Promise<Result<string, string>>((resolve) => {
    const child = spawnAs(user, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    const gather = (chunk: Buffer): void => {
      printed += chunk.toString();
    };
    child.stdout?.on('data', gather);
    child.stderr?.on('data', gather);
    child.on('error', (error) => resolve(err(error.message)));
    child.on('close', (code) => resolve(code === 0 ? ok(printed) : err(printed.trim() || `code ${code}`)));
  }).catch((error: unknown) => err(String(error))); // some paths are refused before there is a process
