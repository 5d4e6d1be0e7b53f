import { describe, expect, it } from 'bun:test';
import { createSqlTables, describePlace } from './SqlTables';

describe('createSqlTables', () => {
  const cases: [
    dialect: 'sqlite' | 'postgres',
    schema: string | undefined,
    shown: string | undefined,
    name: string,
  ][] = [
    ['postgres', undefined, 'drover', '"drover"."tasks"'],
    ['postgres', 'Mine', 'Mine', '"Mine"."tasks"'],
    ['postgres', 'a"b', 'a"b', '"a""b"."tasks"'],
    ['sqlite', undefined, undefined, '"tasks"'],
    ['sqlite', 'x', 'x', '"x_tasks"'],
  ];

  it.each(cases)('on %s with the schema %p is in %p and calls a table %s', (dialect, schema, shown, name) => {
    const tables = createSqlTables(dialect, schema);
    expect({ dialect: tables.dialect, schema: tables.schema, name: tables.name('tasks') }).toEqual({
      dialect,
      schema: shown,
      name,
    });
  });
});

describe('describePlace', () => {
  it.each([
    ['postgres', undefined, 'the schema drover'],
    ['sqlite', 'x', 'the schema x'],
    ['sqlite', undefined, 'the database'],
  ] as const)('on %s with the schema %p says %s', (dialect, schema, place) => {
    expect(describePlace(createSqlTables(dialect, schema))).toBe(place);
  });
});
