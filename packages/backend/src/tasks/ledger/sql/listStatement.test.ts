import { describe, expect, it } from 'bun:test';
import { createSqlTables } from '@backend/database/SqlTables';
import { toListStatement } from './listStatement';

describe('toListStatement', () => {
  const list = { tables: createSqlTables('sqlite', undefined), queuePrefix: 'test', query: { limit: 10 } };

  it('leaves the job of a task where it is, with the finished steps in it, unless it is asked for', () => {
    expect(toListStatement(list).text).not.toMatch(/\bjob\b/);
    expect(toListStatement({ ...list, furtherColumns: ['job'] }).text).toMatch(/\bjob\b/);
  });
});
