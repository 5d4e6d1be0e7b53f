import { describe, expect, it } from 'bun:test';
import { type AppError } from './AppError';
import { ConflictError } from './ConflictError';
import { NotFoundError } from './NotFoundError';
import { ValidationError } from './ValidationError';

describe('AppError', () => {
  const cause = new Error('the row is gone');
  const cases: [AppError, name: string, code: string][] = [
    [new NotFoundError('no such user', { metadata: { id: 1 }, cause }), 'NotFoundError', 'not-found'],
    [new ConflictError('the email is taken', { metadata: { id: 1 }, cause }), 'ConflictError', 'conflict'],
  ];

  it.each(cases)('%s carries its name, code, metadata and cause', (error, name, code) => {
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.metadata, error.cause]).toEqual([name, code, { id: 1 }, cause]);
  });

  it('has empty metadata and no cause by default', () => {
    const error = new NotFoundError('no such user');

    expect(error.metadata).toEqual({});
    expect('cause' in error).toBe(false);
  });
});

describe('ValidationError', () => {
  it('carries its issues', () => {
    const issues = [{ path: 'email', message: 'Invalid email address' }];
    const error = new ValidationError('expected valid data', issues);

    expect([error.name, error.code, error.issues]).toEqual(['ValidationError', 'validation', issues]);
  });
});
