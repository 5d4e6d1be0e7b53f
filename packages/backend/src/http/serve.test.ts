import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { Hono } from 'hono';
import { HttpServeError, MAX_READ_BYTES, serveHttp } from './serve';

const setup = ({ stopDeadlineMs = 3000 }: { stopDeadlineMs?: number } = {}) => {
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const app = new Hono()
    .get('/', (c) => c.text('here'))
    .post('/', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)))
    .get('/slow', async (c) => {
      c.req.raw.signal.addEventListener('abort', () => aborted.resolve());
      entered.resolve();
      await release.promise;
      return c.text('done');
    });
  const logger = getMockedLogger();
  const server = serveHttp({ app, host: '127.0.0.1', port: 0, logger, stopDeadlineMs });
  return {
    server,
    app,
    logger,
    entered: entered.promise,
    release: release.resolve,
    /** When the handler of `/slow` hears that nobody waits for it any more. */
    aborted: aborted.promise,
  };
};

describe('serveHttp', () => {
  it('listens on a free port and says where', async () => {
    const { server, logger } = setup();

    expect(await (await fetch(server.url)).text()).toBe('here');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(logger.info).toHaveBeenCalledWith('HTTP server listens', { url: server.url });
    await server.stop();
  });

  it('names PORT and a free one when the port is taken', async () => {
    const { server, app, logger } = setup();
    const again = () => serveHttp({ app, host: '127.0.0.1', port: server.port, logger });

    expect(again).toThrow(HttpServeError);
    expect(again).toThrow(
      new RegExp(`expected PORT to be a free port of 127.0.0.1, got ${server.port}, .+: PORT=\\d+ is free$`),
    );
    await server.stop();
  });

  it('names HOST when it is no address of this machine', () => {
    const listen = () =>
      serveHttp({ app: new Hono(), host: '192.0.2.1', port: 0, logger: getMockedLogger() });

    expect(listen).toThrow(/expected HOST to be an address of this machine, got 192\.0\.2\.1/);
  });

  it('lets a running request end before it stops', async () => {
    const { server, entered, release } = setup();
    const response = fetch(`${server.url}/slow`);
    await entered;
    const stopped = server.stop();
    release();

    expect(await (await response).text()).toBe('done');
    await stopped;
    expect(fetch(server.url)).rejects.toThrow();
  });

  it('cuts off what runs longer than the deadline, and lets that know', async () => {
    const { server, entered, aborted, logger } = setup({ stopDeadlineMs: 20 });
    const response = fetch(`${server.url}/slow`).then(
      () => 'answered',
      () => 'cut off',
    );
    await entered;
    await server.stop();

    expect(await response).toBe('cut off');
    await aborted;
    expect(logger.warn).toHaveBeenCalledWith('HTTP requests that still run are cut off', {
      pendingRequests: 1,
    });
  });

  it('lets a request know that nobody waits for it any more', async () => {
    const { server, entered, aborted, release } = setup();
    const controller = new AbortController();
    const response = fetch(`${server.url}/slow`, { signal: controller.signal }).catch(() => 'given up');
    await entered;
    controller.abort();
    await aborted;
    release();

    expect(await response).toBe('given up');
    await server.stop();
  });

  it('stops at once with only idle connections, and may be stopped twice', async () => {
    const { server } = setup({ stopDeadlineMs: 60_000 });
    await (await fetch(server.url, { keepalive: true })).text();
    await Promise.all([server.stop(), server.stop()]);

    expect(fetch(server.url)).rejects.toThrow();
  });

  it('takes a body up to the limit and refuses a larger one', async () => {
    const { server } = setup();
    const post = (bytes: number) => fetch(server.url, { method: 'POST', body: 'x'.repeat(bytes) });

    expect(await (await post(MAX_READ_BYTES)).text()).toBe(String(MAX_READ_BYTES));
    expect((await post(MAX_READ_BYTES + 1)).status).toBe(413);
    await server.stop();
  });
});
