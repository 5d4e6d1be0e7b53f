import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { createTaskBench, type TaskBench } from '../worker/__fixtures__/TaskBench';
import { contend } from './__fixtures__/Contenders';
import { createTaskLock } from './TaskLock';

const LONG_MS = 60_000;

const setup = async (env: Readonly<Record<string, string>> = {}) => {
  const bench = await createTaskBench({ tasks: [], env });
  const lock = createTaskLock({ logger: silentLogger, appConfig: bench.appConfig });
  return { bench, lock, [Symbol.asyncDispose]: bench[Symbol.asyncDispose] };
};

/** Milliseconds that the only lock still lasts. */
const ttlOf = async ({ keys, redis }: TaskBench): Promise<number> => redis.pttl((await keys())[0] ?? '');

describe('TaskLock', () => {
  it('is taken by one, and by another once it is released', async () => {
    await using test = await setup();
    const { lock } = test;

    expect((await lock.acquire('report', 'ada', LONG_MS))._unsafeUnwrap()).toBe(true);
    expect((await lock.acquire('report', 'bob', LONG_MS))._unsafeUnwrap()).toBe(false);
    expect((await lock.release('report', 'ada'))._unsafeUnwrap()).toBe(true);
    expect((await lock.acquire('report', 'bob', LONG_MS))._unsafeUnwrap()).toBe(true);
  });

  it('says who holds it', async () => {
    await using test = await setup();
    const { lock } = test;
    const isHeld = async () =>
      Promise.all(
        [lock.isHeld('report'), lock.isHeld('report', 'ada'), lock.isHeld('report', 'bob')].map(
          async (asked) => (await asked)._unsafeUnwrap(),
        ),
      );

    expect(await isHeld()).toEqual([false, false, false]);
    await lock.acquire('report', 'ada', LONG_MS);
    expect(await isHeld()).toEqual([true, true, false]);
    await lock.release('report', 'ada');
    expect(await isHeld()).toEqual([false, false, false]);
  });

  it('lasts as long as it was asked for, and longer when its holder extends it or takes it again', async () => {
    await using test = await setup();
    const { bench, lock } = test;

    await lock.acquire('report', 'ada', 10_000);
    expect(await ttlOf(bench)).toBeWithin(5000, 10_001);
    expect((await lock.extend('report', 'ada', 20_000))._unsafeUnwrap()).toBe(true);
    expect(await ttlOf(bench)).toBeWithin(15_000, 20_001);
    expect((await lock.acquire('report', 'ada', 40_000))._unsafeUnwrap()).toBe(true);
    expect(await ttlOf(bench)).toBeWithin(35_000, 40_001);
  });

  it('is neither extended nor released by anybody but its holder', async () => {
    await using test = await setup();
    const { bench, lock } = test;
    await lock.acquire('report', 'ada', 10_000);

    expect((await lock.extend('report', 'bob', LONG_MS))._unsafeUnwrap()).toBe(false);
    expect((await lock.release('report', 'bob'))._unsafeUnwrap()).toBe(false);
    expect((await lock.isHeld('report', 'ada'))._unsafeUnwrap()).toBe(true);
    expect(await ttlOf(bench)).toBeWithin(1, 10_001);
  });

  it('lapses, and is then another’s: the old holder can neither extend nor release it', async () => {
    await using test = await setup();
    const { lock } = test;
    await lock.acquire('report', 'ada', 1);
    await until(async () => !(await lock.isHeld('report'))._unsafeUnwrap());

    expect((await lock.extend('report', 'ada', LONG_MS))._unsafeUnwrap()).toBe(false);
    expect((await lock.release('report', 'ada'))._unsafeUnwrap()).toBe(false);
    expect((await lock.acquire('report', 'bob', LONG_MS))._unsafeUnwrap()).toBe(true);
    expect((await lock.extend('report', 'ada', LONG_MS))._unsafeUnwrap()).toBe(false);
    expect((await lock.release('report', 'ada'))._unsafeUnwrap()).toBe(false);
    expect((await lock.acquire('report', 'ada', LONG_MS))._unsafeUnwrap()).toBe(false);
    expect((await lock.isHeld('report', 'bob'))._unsafeUnwrap()).toBe(true);
  });

  it('keeps keys apart, whatever text they are, and puts none of it into a key of Redis', async () => {
    await using test = await setup();
    const { bench, lock } = test;
    const keys = [
      'a',
      'A',
      'a:b',
      '{a}',
      '*',
      'a\r\nDEL b',
      '\u0000',
      '\ud800',
      '\ud801',
      'é',
      'x'.repeat(512),
    ];

    for (const key of keys)
      expect((await lock.acquire(key, `holder of ${key}`.slice(0, 512), LONG_MS))._unsafeUnwrap()).toBe(true);
    const stored = await bench.keys();
    expect(stored).toHaveLength(keys.length);
    expect(stored.map((key) => key.replace(bench.appConfig.queuePrefix, ''))).toEqual(
      stored.map(() => expect.stringMatching(/^:\{lock:[0-9a-f]{64}\}$/)),
    );
  });

  it('keeps holders apart that differ in half a character only', async () => {
    await using test = await setup();
    await test.lock.acquire('report', 'ada\ud800', LONG_MS);

    expect((await test.lock.acquire('report', 'ada\ud801', LONG_MS))._unsafeUnwrap()).toBe(false);
  });

  it('lets one of 50 contenders in at a time, in four processes', async () => {
    await using test = await setup();
    const { appConfig, redis } = test.bench;
    const [key, counterKey] = ['report', `${appConfig.queuePrefix}:inside`];
    const holders = Array.from({ length: 20 }, (_, index) => `here-${index}`);
    const seen = await Promise.all([
      contend({ lock: test.lock, key, holders, client: redis, counterKey }),
      ...[1, 2, 3].map(() => contendElsewhere(appConfig, [key, counterKey, '10'])),
    ]);

    expect(seen.flat()).toEqual(Array.from({ length: 50 }, () => 1));
  });

  it('answers queue-unavailable when Redis is gone, and promises nothing', async () => {
    await using directory = await createTemporaryDirectory();
    const redis = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
    await using test = await setup({ REDIS_URL: redis.url });
    expect((await test.lock.acquire('report', 'ada', LONG_MS))._unsafeUnwrap()).toBe(true);
    await redis.stop();

    const error = (await test.lock.extend('report', 'ada', LONG_MS))._unsafeUnwrapErr();
    expect(error.code).toBe('queue-unavailable');
    expect(error.message).toStartWith('Redis does not answer: ');
  });
});

/** Ten contenders in a process of their own. */
const contendElsewhere = async (
  { redisUrl, queuePrefix }: TaskBench['appConfig'],
  args: readonly string[],
): Promise<number[]> => {
  const path = join(import.meta.dir, '__fixtures__/contender.ts');
  const child = Bun.spawn([process.execPath, '--no-install', path, ...args], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', REDIS_URL: redisUrl, QUEUE_PREFIX: queuePrefix },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });
  const [printed, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect({ errors, exitCode: await child.exited }).toEqual({ errors: '', exitCode: 0 });
  return JSON.parse(printed) as number[]; // printed by the fixture
};
