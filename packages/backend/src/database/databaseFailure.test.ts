import { describe, expect, it } from 'bun:test';
import { type DatabaseErrorCode } from './DatabaseError';
import { toDatabaseError } from './databaseFailure';

const thrown = (facts: object) => Object.assign(new Error('no'), facts);

describe('toDatabaseError', () => {
  const cases: [what: string, facts: object, code: DatabaseErrorCode][] = [
    ['a connection that broke', { errno: '08006' }, 'unavailable'],
    ['a deadlock', { errno: '40P01' }, 'busy'],
    ['a full disk', { errno: '53100' }, 'full'],
    ['a full disk of SQLite', { code: 'SQLITE_FULL' }, 'full'],
    ['a server that stops', { errno: '57P01' }, 'unavailable'],
    ['a standby, which answers reads', { errno: '25006' }, 'read-only'],
    ['a right that is missing', { errno: '42501' }, 'refused'],
    ['a key that is taken', { errno: '23505' }, 'duplicate'],
    ['a file that another process has locked', { code: 'SQLITE_BUSY_SNAPSHOT' }, 'busy'],
    ['a file that cannot be written', { code: 'SQLITE_READONLY_DBMOVED' }, 'read-only'],
    ['a statement that is wrong', { code: 'SQLITE_ERROR' }, 'refused'],
    ['a client that has no server', { code: 'ERR_POSTGRES_CONNECTION_REFUSED' }, 'unavailable'],
  ];

  it.each(cases)('takes %s (%p) for %s', (_what, facts, code) => {
    expect(toDatabaseError(thrown(facts)).code).toBe(code);
  });
});
