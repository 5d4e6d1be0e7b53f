import { describe, expect, it } from 'bun:test';
import { Hono } from 'hono';
import { type HttpEnvironment } from '../HttpEnvironment';
import { requireSameOrigin } from './SameOrigin';

const app = new Hono<HttpEnvironment>().use(requireSameOrigin).all('/', (c) => c.text('done'));

const cases: [what: string, status: number, method: string, headers: Record<string, string>][] = [
  ['a change by the own page', 200, 'POST', { Origin: 'http://localhost:3000' }],
  ['a change by a program', 200, 'PUT', {}],
  ['a change the user typed', 200, 'POST', { 'Sec-Fetch-Site': 'none' }],
  [
    'a change behind a proxy that renames the host',
    200,
    'POST',
    { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://board.example' },
  ],
  ['a look from anywhere', 200, 'GET', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
  ['a change from another site', 403, 'POST', { 'Sec-Fetch-Site': 'cross-site' }],
  [
    'a change from a sister host',
    403,
    'POST',
    { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:3000' },
  ],
  [
    'JSON from another origin',
    403,
    'POST',
    { Origin: 'https://evil.example', 'Content-Type': 'application/json' },
  ],
  ['a change from another port', 403, 'PUT', { Origin: 'http://localhost:4000' }],
  ['a change from a hidden origin', 403, 'PATCH', { Origin: 'null' }],
];

describe('requireSameOrigin', () => {
  it.each(cases)('answers %s with %i', async (_what, status, method, headers) => {
    expect((await app.request('http://localhost:3000/', { method, headers })).status).toBe(status);
  });
});
