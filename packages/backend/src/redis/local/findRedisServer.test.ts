import { afterAll, describe, expect, it } from 'bun:test';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from './findRedisServer';

const root = await mkdtemp(join(tmpdir(), 'drover-test-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of programs that are shell scripts. */
const createSearchPath = async (programs: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(root, 'bin-'));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
};

const find = async (programs: Readonly<Record<string, string>>) => {
  const lines: string[] = [];
  const searchPath = await createSearchPath(programs);
  const found = await findRedisServer({
    searchPath,
    unpackFolder: join(searchPath, 'unpacked'),
    userId: 1000,
    announce: (line) => lines.push(line),
  });
  return { found, lines, searchPath };
};

const REDIS_7 = 'echo "Redis server v=7.2.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1"';
const VALKEY_8 = 'echo "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1"';
const REDIS_5 = 'echo "Redis server v=5.0.14 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64 build=1"';

describe('findRedisServer', () => {
  it('prefers redis-server on PATH', async () => {
    const { found, searchPath } = await find({ 'redis-server': REDIS_7, 'valkey-server': VALKEY_8 });
    const { version, origin } = found._unsafeUnwrap();
    expect({ version, origin }).toEqual({ version: '7.2.4', origin: `${searchPath}/redis-server on PATH` });
  });

  it('accepts valkey-server, and passes over a Redis that is too old', async () => {
    const { found } = await find({ 'redis-server': REDIS_5, 'valkey-server': VALKEY_8 });
    expect(found._unsafeUnwrap().version).toBe('8.0.1');
  });

  it('asks the container engine last and runs the image on the wanted port', async () => {
    const { found, searchPath } = await find({ docker: 'exit 0' });
    const command = found
      ._unsafeUnwrap()
      .toCommand({ port: 7001, folder: '/data/here', options: ['--appendonly', 'yes'] });
    expect(command.join(' ')).toBe(
      `${searchPath}/docker run --rm --user 1000 --publish 127.0.0.1:7001:6379 --volume /data/here:/data ` +
        'redis:8-alpine redis-server --dir /data --logfile /data/redis.log --protected-mode no --appendonly yes',
    );
  });

  it('lists what was tried and the choices, once, when there is nothing', async () => {
    const { found, searchPath } = await find({ 'redis-server': REDIS_5, docker: 'exit 1' });
    const { code, message } = found._unsafeUnwrapErr();
    expect(code).toBe('no-server');
    expect(message).toBe(
      `No Redis server was found and none could be installed. Tried:
  - PATH: ${searchPath}/redis-server is 5.0.14, expected 6.2.0 or newer
  - unpacked earlier: nothing there
  - apt-get install: no apt-get
  - apt-get download: no apt-get and dpkg
  - brew install: no brew
  - docker: the engine does not answer
Choose one:
  1. set REDIS_URL to a running Redis or Valkey, 6.2 or newer (REDIS_URL=redis://127.0.0.1:6379)
  2. install one and have it on PATH (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)
  3. start Docker`,
    );
  });
});
