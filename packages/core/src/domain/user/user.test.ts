import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { z } from 'zod';
import { partialUserSchema, UserId, userIdSchema, userSchema } from './user';

describe('UserId', () => {
  it('makes ids that it accepts itself', () => {
    const id = UserId();

    expect(UserId(id)).toBe(id);
    expect(userIdSchema.parse(id)).toBe(id);
  });

  it('accepts every UUID and keeps it in lower case', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => String(UserId(uuid.toUpperCase())) === uuid));
  });

  it('refuses anything else, naming value and rule', () => {
    expect(() => UserId('42')).toThrow('expected UserId to be a UUID, got "42"');
  });

  it('has a schema that can be shown as JSON Schema', () => {
    expect(z.toJSONSchema(z.object({ id: userIdSchema })).properties).toMatchObject({
      id: { format: 'uuid' },
    });
  });
});

describe('userSchema', () => {
  const user = { id: UserId(), email: 'ada@example.com', name: 'Ada', createdAt: new Date(0) };

  it('accepts a user', () => {
    expect(userSchema.parse(user)).toEqual(user);
  });

  it.each([
    ['email', 'ada'],
    ['name', ''],
    ['createdAt', '1970-01-01'],
    ['id', '42'],
  ])('refuses a user whose %s is %j', (key, value) => {
    const issues = userSchema.safeParse({ ...user, [key]: value }).error?.issues ?? [];

    expect(issues.map(({ path }) => path)).toEqual([[key]]);
  });
});

describe('partialUserSchema', () => {
  it('needs an email and a name, and no id', () => {
    const data = { email: 'ada@example.com', name: 'Ada' };

    expect(partialUserSchema.parse(data)).toEqual(data);
    expect(partialUserSchema.safeParse({ name: 'Ada' }).success).toBe(false);
  });
});
