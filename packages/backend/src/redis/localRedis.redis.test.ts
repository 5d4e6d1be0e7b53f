import { afterAll, beforeAll, describe, expect, it } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from './local/findFreePort';
import { probeRedis } from './local/probeRedis';
import {
  ensureRedis,
  findLocalServer,
  type LocalRedis,
  type LocalRedisOptions,
  startLocalRedis,
} from './localRedis';

const dataDir = await mkdtemp(join(tmpdir(), 'drover-test-'));
// A machine without a server installs one first, which takes long and is announced.
beforeAll(() => findLocalServer(), 300_000);
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const start = async (
  options: Partial<LocalRedisOptions> = {},
): Promise<LocalRedis & { readonly port: number }> => {
  const started = await startLocalRedis({ appendOnly: false, dataDir, ...options });
  const redis = started._unsafeUnwrap();
  return { ...redis, port: redis.port ?? 0 };
};

const isRunning = (pid: number | undefined): boolean => {
  const file = `/proc/${pid}/cmdline`;
  // Empty for a zombie that nobody has collected yet.
  return existsSync(file) && readFileSync(file, 'utf8') !== '';
};

const ask = (port: number, ...lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(`${[...lines, 'QUIT'].join('\r\n')}\r\n`);
  });

/** Resolves when the server on the port closes the connection: the event of its end. */
const waitForEnd = (port: number): { readonly connected: Promise<void>; readonly ended: Promise<void> } => {
  const socket = connect({ port, host: '127.0.0.1' });
  return {
    connected: new Promise((resolve) => socket.once('connect', () => resolve())),
    ended: new Promise((resolve) => socket.once('close', () => resolve())),
  };
};

/** Another process that starts a Redis in `dataDir`, prints it as JSON and lives on. */
const startInChild = async (appendOnly: boolean) => {
  const script = `
    import { startLocalRedis } from '${import.meta.dir}/localRedis';
    const redis = await startLocalRedis({ appendOnly: ${appendOnly}, dataDir: '${dataDir}' });
    console.log(JSON.stringify(redis._unsafeUnwrap()));
    setInterval(() => undefined, 1000);`;
  const child = Bun.spawn([process.execPath, '--no-install', '-e', script], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const { value } = await child.stdout.getReader().read();
  const redis: { readonly port: number; readonly pid: number } = JSON.parse(new TextDecoder().decode(value));
  return { child, redis };
};

describe('ensureRedis', () => {
  it('takes REDIS_URL before anything else, starts nothing and hides the password', async () => {
    const lines: string[] = [];
    const redisUrl = 'redis://user:secret@redis.example:6390/2';
    const ensured = await ensureRedis({
      redisUrl,
      appendOnly: false,
      dataDir,
      announce: (line) => lines.push(line),
      sources: [],
    });
    const { url, source, pid } = ensured._unsafeUnwrap();
    expect({ url, source, pid, lines }).toEqual({
      url: redisUrl,
      source: 'REDIS_URL',
      pid: undefined,
      lines: ['Redis: redis://***@redis.example:6390/2 (REDIS_URL is set)'],
    });
  });

  it('starts one when REDIS_URL is empty', async () => {
    await using redis = (await ensureRedis({ redisUrl: '', appendOnly: false, dataDir }))._unsafeUnwrap();
    expect(await ask(redis.port ?? 0, 'PING')).toBe('+PONG\r\n+OK\r\n');
  });
});

describe('startLocalRedis', () => {
  it('announces in one line which Redis it took and why', async () => {
    const lines: string[] = [];
    await using redis = await start({ announce: (line) => lines.push(line) });
    // The last one: an installation is announced too.
    expect(lines.at(-1)).toBe(
      `Redis ${redis.version} on 127.0.0.1:${redis.port}: ${redis.source} (REDIS_URL is not set; data deleted at the end)`,
    );
  });

  it('takes the preferred port when it is free, and another when it is not', async () => {
    const preferredPort = await findFreePort();
    await using first = await start({ preferredPort });
    await using second = await start({ preferredPort });
    expect([first.port, second.port === preferredPort]).toEqual([preferredPort, false]);
  });

  it.each([
    ['lasting', true],
    ['ephemeral', false],
  ])('says for %s data that DATA_DIR cannot be written', async (_what, appendOnly) => {
    const folder = join(dataDir, 'a-file');
    await Bun.write(folder, '');
    const started = await startLocalRedis({ appendOnly, dataDir: folder });
    await rm(folder);
    const { code, message } = started._unsafeUnwrapErr();
    expect(code).toBe('data-dir');
    expect(message).toStartWith(`expected DATA_DIR to be a folder that can be written, got "${folder}`);
  });

  it('refuses to evict and keeps no snapshots', async () => {
    await using redis = await start();
    expect(await ask(redis.port, 'CONFIG GET maxmemory-policy', 'CONFIG GET save')).toContain('noeviction');
  });

  it('leaves no process and no data behind after stop, which may be called twice', async () => {
    const redis = await start();
    const folders = await readdir(dataDir);
    await Promise.all([redis.stop(), redis.stop()]);
    expect({
      isRunning: isRunning(redis.pid),
      answer: await probeRedis({ port: redis.port, timeoutMs: 500 }),
    }).toEqual({
      isRunning: false,
      answer: undefined,
    });
    expect({ before: folders.length, after: (await readdir(dataDir)).length }).toEqual({
      before: 1,
      after: 0,
    });
  });

  it('gives each of ten starts at once a port of its own', async () => {
    const servers = await Promise.all(Array.from({ length: 10 }, () => start()));
    await Promise.all(servers.map((server) => server.stop()));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(10);
  }, 60_000);

  it('refuses a port that a foreign Redis answers on, and says why', async () => {
    await using taken = await start();
    const started = await startLocalRedis({ appendOnly: false, dataDir, port: taken.port });
    const error = started._unsafeUnwrapErr();
    expect({ code: error.code, saysWhy: error.message.includes('Address already in use') }).toEqual({
      code: 'start-failed',
      saysWhy: true,
    });
  });

  it('shows what the server says about an option it does not know', async () => {
    const started = await startLocalRedis({
      appendOnly: false,
      dataDir,
      extraArgs: ['--no-such-option', '1'],
    });
    expect(started._unsafeUnwrapErr().message).toContain('no-such-option');
  });

  it('tells development how scripts reach it', async () => {
    const lines: string[] = [];
    await using redis = await start({ appendOnly: true, announce: (line) => lines.push(line) });
    expect(lines.at(-1)).toEndWith(`; scripts reach it with REDIS_URL=${redis.url}`);
  });

  it('keeps data over a restart with the append-only file on', async () => {
    const first = await start({ appendOnly: true });
    await ask(first.port, 'SET kept yes');
    await first.stop();
    await using second = await start({ appendOnly: true });
    expect(await ask(second.port, 'GET kept')).toContain('yes');
  });

  it('restarts on the same port with its data after the server was killed', async () => {
    const first = await start({ appendOnly: true });
    await ask(first.port, 'SET survived yes');
    const { connected, ended } = waitForEnd(first.port);
    await connected;
    process.kill(first.pid ?? 0, 'SIGKILL');
    await ended;
    await using second = await start({ appendOnly: true, port: first.port });
    expect(await ask(second.port, 'GET survived')).toContain('yes');
    await first.stop();
    expect(isRunning(second.pid)).toBe(true);
  });

  it('joins the server that already serves the folder, and the last to leave stops it', async () => {
    const { child, redis: first } = await startInChild(true);
    const second = await start({ appendOnly: true });
    expect({ port: second.port, source: second.source }).toEqual({
      port: first.port,
      source: `already running for this folder, process ${first.pid}`,
    });
    child.kill('SIGKILL');
    await child.exited;
    expect(await ask(second.port, 'PING')).toContain('+PONG');
    const { connected, ended } = waitForEnd(second.port);
    await connected;
    await second.stop();
    await ended;
    expect(await probeRedis({ port: second.port, timeoutMs: 500 })).toBe(undefined);
  });

  it('refuses another port for a folder that is served already', async () => {
    await using first = await start({ appendOnly: true });
    const started = await startLocalRedis({ appendOnly: true, dataDir, port: first.port + 1 });
    expect(started._unsafeUnwrapErr().code).toBe('folder-in-use');
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'leaves no orphan when %s ends the process that started it',
    async (signal) => {
      const { child, redis } = await startInChild(false);
      const { connected, ended } = waitForEnd(redis.port);
      await connected;
      child.kill(signal);
      await ended;
      await child.exited;
      expect(await probeRedis({ port: redis.port, timeoutMs: 500 })).toBe(undefined);
    },
  );
});
