import { describe, expect, it } from 'bun:test';
import { isSensitiveKey } from './SensitiveKey';

describe('isSensitiveKey', () => {
  it.each([
    ['password', true],
    ['userPasswd', true],
    ['accessToken', true],
    ['Authorization', true],
    ['CLIENT_SECRET', true],
    ['apiKey', true],
    ['api_key', true],
    ['X-Api-Key', true],
    ['Set-Cookie', true],
    ['secretId', false],
    ['tokenCount', false],
    ['correlationId', false],
    ['taskId', false],
    ['passwordChangedAt', false],
  ])('of %s is %p', (name, expected) => {
    expect(isSensitiveKey(name)).toBe(expected);
  });
});
