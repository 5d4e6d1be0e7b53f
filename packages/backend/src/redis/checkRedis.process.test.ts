import { describe, expect, it } from 'bun:test';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { Redis } from 'ioredis';
import { checkRedis } from './checkRedis';
import { findFreePort } from './local/findFreePort';
import { startLocalRedis } from './localRedis';

/** A Redis that wants the password `secret`. */
const setup = async () => {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await createTemporaryDirectory());
  const options = { appendOnly: false, dataDir: directory.path };
  const redis = starting.use((await startLocalRedis(options))._unsafeUnwrap());
  const client = new Redis(redis.url);
  await client.config('SET', 'requirepass', 'secret');
  client.disconnect();
  const started = starting.move();
  const toUrl = (access: string) => redis.url.replace('://', `://${access}`);
  return { toUrl, [Symbol.asyncDispose]: () => started.disposeAsync() };
};

const reasonOf = async (url: string): Promise<string> =>
  (await checkRedis(url, 300))._unsafeUnwrapErr().message;

describe('checkRedis', () => {
  it('accepts a Redis that lets us in, and says what is wrong with a password', async () => {
    await using bench = await setup();

    expect((await checkRedis(bench.toUrl(':secret@'))).isOk()).toBe(true);
    expect(await reasonOf(bench.toUrl(''))).toContain('got "Redis wants a password');
    expect(await reasonOf(bench.toUrl(':wrong@'))).toContain('got "Redis refuses the user or the password');
  });

  it('says that nothing listens', async () => {
    const port = await findFreePort();
    const message = await reasonOf(`redis://:secret@127.0.0.1:${port}`);

    expect(message).toStartWith(
      'expected a Redis at REDIS_URL (redis://host:port), got "nothing answers at the REDIS_URL redis://',
    );
    expect(message).toEndWith(': start it or unset REDIS_URL');
    expect(message).not.toContain('secret');
  });

  it('says that something else than Redis listens', async () => {
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('hello') });

    expect(await reasonOf(`redis://127.0.0.1:${server.port}`)).toContain(
      'got "what listens there does not speak Redis',
    );
  });

  it('does not wait for what listens and says nothing', async () => {
    using server = Bun.listen({ port: 0, hostname: '127.0.0.1', socket: { data: () => undefined } });

    expect(await reasonOf(`redis://127.0.0.1:${server.port}`)).toContain('got "no answer"');
  });
});
