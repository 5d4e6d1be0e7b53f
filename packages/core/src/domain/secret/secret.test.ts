import { describe, expect, it } from 'bun:test';
import { UserId } from '../user/user';
import { isExpired, partialSecretSchema, SecretId, secretIdSchema, secretSchema } from './secret';

describe('SecretId', () => {
  it('makes ids that it and its schema accept', () => {
    const id = SecretId();

    expect(SecretId(id)).toBe(id);
    expect(secretIdSchema.parse(id)).toBe(id);
  });

  it('is not a UserId for the compiler', () => {
    // @ts-expect-error two kinds of id are not interchangeable
    const id: UserId = SecretId();
    expect(id).toHaveLength(36);
  });
});

describe('secretSchema', () => {
  const secret = { id: SecretId(), ownerId: UserId(), name: 'deploy key', expiresAt: new Date(1000) };

  it('accepts a secret, and one without an id where it is about to be created', () => {
    const { id: _, ...partial } = secret;

    expect(secretSchema.parse(secret)).toEqual(secret);
    expect(partialSecretSchema.parse(partial)).toEqual(partial);
    expect(secretSchema.safeParse(partial).success).toBe(false);
  });
});

describe('isExpired', () => {
  it.each([
    [999, false],
    [1000, true],
    [1001, true],
  ])('at %i ms a secret that expires at 1000 ms is expired: %p', (nowMs, expected) => {
    expect(isExpired({ expiresAt: new Date(1000) }, new Date(nowMs))).toBe(expected);
  });
});
