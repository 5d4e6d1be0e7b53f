import { describe, expect, it } from 'bun:test';
import { isLoopbackHost } from '@backend/config/isLoopbackHost';
import { Hono } from 'hono';
import { type HttpEnvironment } from '../HttpEnvironment';
import { requireLoopbackName } from './Loopback';

describe('isLoopbackHost', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.7', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['127.evil.example', false],
    ['', false],
  ])('answers for %p: %p', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });
});

describe('requireLoopbackName', () => {
  const app = new Hono<HttpEnvironment>().use(requireLoopbackName).get('/', (c) => c.text('here'));

  it.each(['http://localhost:3000/', 'http://127.0.0.1/', 'http://[::1]:3000/'])(
    'lets %s pass',
    async (url) => {
      expect((await app.request(url)).status).toBe(200);
    },
  );

  it('refuses a name that anybody may point at this machine', async () => {
    const response = await app.request('http://rebound.evil.example/');

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { code: 'foreign-host', message: expect.stringContaining('got "rebound.evil.example"') },
    });
  });
});
