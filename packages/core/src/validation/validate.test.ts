import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { z } from 'zod';
import { validate } from './validate';

describe('validate', () => {
  const schema = z.object({ email: z.email(), count: z.coerce.number().default(1) });

  it('answers what the schema makes of the data', () => {
    expect(validate(schema, { email: 'a@b.io', count: '7' })._unsafeUnwrap()).toEqual({
      email: 'a@b.io',
      count: 7,
    });
  });

  it('names field, rule and value, and keeps path and message of each issue', () => {
    const error = validate(schema, { email: 'x' })._unsafeUnwrapErr();

    expect(error.message).toBe('expected valid data: email: Invalid email address, got "x"');
    expect(error.issues).toEqual([{ path: 'email', message: 'Invalid email address' }]);
  });

  it('names places inside arrays', () => {
    const items = z.object({ items: z.array(z.object({ price: z.number() })) });

    expect(validate(items, { items: [{ price: 'free' }] })._unsafeUnwrapErr().issues).toEqual([
      { path: 'items[0].price', message: 'Invalid input: expected number, received string' },
    ]);
  });

  it('never shows the value below a sensitive key', () => {
    const login = z.object({ password: z.string().min(9), auth: z.object({ token: z.array(z.number()) }) });
    const error = validate(login, { password: 'hunter2', auth: { token: ['s3cret'] } })._unsafeUnwrapErr();

    expect(error.message).not.toContain('hunter2');
    expect(error.message).not.toContain('s3cret');
    expect(error.message.match(/got \[redacted\]/g)).toHaveLength(2);
  });

  it('shows ten issues and counts the others', () => {
    const error = validate(z.array(z.number()), Array(12).fill('x'))._unsafeUnwrapErr();

    expect(error.message.match(/, got "x"/g)).toHaveLength(10);
    expect(error.message).toEndWith('; and 2 more');
    expect(error.issues).toHaveLength(12);
  });

  it('turns a check that throws into the error, with its cause', () => {
    const thrown = new Error('boom');
    const throwing = z.string().refine(() => {
      throw thrown;
    });
    const error = validate(throwing, 'x')._unsafeUnwrapErr();

    expect(error.message).toBe('expected valid data: reading or checking it threw: boom');
    expect(error.cause).toBe(thrown);
  });

  it('turns a getter that throws into the error', () => {
    const data = {
      get email(): string {
        throw new Error('hostile');
      },
    };

    expect(validate(schema, data)._unsafeUnwrapErr().message).toContain('hostile');
  });

  it('survives a getter that answers only once', () => {
    let readCount = 0;
    const data = {
      get email(): string {
        readCount += 1;
        if (readCount > 1) throw new Error('hostile');
        return 'x';
      },
    };

    expect(validate(z.object({ email: z.email() }), data)._unsafeUnwrapErr().message).toContain(
      'got an unreadable value',
    );
  });

  it('refuses a schema with asynchronous checks', () => {
    const asynchronous = z.string().refine(async () => true);

    expect(validate(asynchronous, 'x')._unsafeUnwrapErr().message).toBe(
      'expected valid data: the schema has asynchronous checks, which cannot run here: use synchronous ones',
    );
  });

  it('answers, and does not throw, for any data', () => {
    fc.assert(
      fc.property(fc.anything(), (data) => validate(schema, data).isOk() === schema.safeParse(data).success),
    );
  });
});
