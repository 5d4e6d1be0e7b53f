import { describe, expect, it } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An application of one file, in a folder without packages. */
const bundle = async (source: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-bundle-'));
  const entry = join(import.meta.dirname, `bundled-${crypto.randomUUID()}.ts`);
  await Bun.write(entry, source);
  const outfile = join(folder, 'app.js');
  const run = async (...command: string[]) => {
    const child = Bun.spawn([process.execPath, ...command], { cwd: folder, stdout: 'pipe', stderr: 'pipe' });
    const [out, errors] = await Promise.all(
      [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
    );
    if ((await child.exited) !== 0) throw new Error(errors);
    return out;
  };
  try {
    await run('build', '--target=bun', '--outfile', outfile, entry);
  } finally {
    await rm(entry);
  }
  return {
    run: () => run('--no-install', outfile),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
};

describe('an application in one file', () => {
  it('has BullMQ and ioredis in it, though they are loaded late', async () => {
    await using app = await bundle(`
      import { createRedisClient } from '@backend/redis/createRedisClient';
      import { loadBullmq } from './loadBullmq';
      import { parseRedisUrl } from '@backend/redis/RedisTarget';
      const client = createRedisClient(parseRedisUrl('redis://localhost')._unsafeUnwrap(), 'producer');
      console.log(typeof loadBullmq().Queue, client.status);
    `);

    expect(await app.run()).toBe('function wait\n');
  });
});
