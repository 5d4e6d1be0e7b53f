import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { currentLogContext } from '@backend/logger/LogContext';
import { CorrelationId } from '@core/domain/CorrelationId';
import { Hono } from 'hono';
import { type HttpEnvironment } from '../HttpEnvironment';
import { requestContext } from './requestContext';

const setup = () => {
  const logger = getMockedLogger();
  let nowMs = 0;
  const app = new Hono<HttpEnvironment>()
    .use(
      requestContext({
        logger,
        isRoutine: (method, path) => method === 'GET' && path === '/healthz',
        now: () => nowMs,
      }),
    )
    .get('/healthz', (c) => c.text('ok', c.req.query('down') === undefined ? 200 : 503))
    .get('/context', (c) => {
      nowMs += 12.4;
      return c.json({ variable: c.get('correlationId'), log: currentLogContext() });
    });
  return { app, logger };
};

describe('requestContext', () => {
  it("keeps the caller's correlation ID, on the log lines too", async () => {
    const { app } = setup();
    const response = await app.request('/context', { headers: { 'X-Correlation-ID': 'req-42' } });

    expect(response.headers.get('X-Correlation-ID')).toBe('req-42');
    expect(await response.json()).toEqual({ variable: 'req-42', log: { correlationId: 'req-42' } });
  });

  it.each([[undefined], [''], ['two words'], ['x'.repeat(129)], ['a"b']])(
    'makes a new one in place of %p',
    async (given) => {
      const { app } = setup();
      const response = await app.request(
        '/context',
        given === undefined ? {} : { headers: { 'X-Correlation-ID': given } },
      );
      const answered = response.headers.get('X-Correlation-ID') ?? '';

      expect(answered).not.toBe(given ?? '');
      expect(String(CorrelationId(answered))).toBe(answered);
    },
  );

  it('writes one line with method, path without query, status and milliseconds', async () => {
    const { app, logger } = setup();
    await app.request('/context?token=secret');

    expect(logger.info.mock.calls).toEqual([
      ['HTTP request', { method: 'GET', path: '/context', status: 200, ms: 12 }],
    ]);
  });

  it('writes routine requests at debug level, unless they fail', async () => {
    const { app, logger } = setup();
    await app.request('/healthz');
    await app.request('/healthz?down');

    expect(logger.debug).toHaveBeenCalledTimes(1);
    expect(logger.info).toHaveBeenCalledWith('HTTP request', expect.objectContaining({ status: 503 }));
  });
});
