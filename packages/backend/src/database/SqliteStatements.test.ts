import { Database } from 'bun:sqlite';
import { describe, expect, it } from 'bun:test';
import { keepSqliteStatements } from './SqliteStatements';

const setUp = (maxKept?: number) => {
  const database = new Database(':memory:');
  const preparedTexts: string[] = [];
  const prepare = database.prepare.bind(database);
  database.prepare = ((text: string) => {
    preparedTexts.push(text);
    return prepare(text);
  }) as Database['prepare']; // its parameters beyond the text are not used
  return { preparedTexts, statements: keepSqliteStatements(database, maxKept) };
};

describe('keepSqliteStatements', () => {
  it('prepares a statement once', () => {
    const { statements, preparedTexts } = setUp();
    const answers = ['a', 'b'].map((text) => statements.run('SELECT $1 AS text', [text]));

    expect(answers).toEqual([[{ text: 'a' }], [{ text: 'b' }]]);
    expect(preparedTexts).toEqual(['SELECT $1 AS text']);
  });

  it('prepares a statement once for all its rows', () => {
    const { statements, preparedTexts } = setUp();
    statements.run('CREATE TABLE notes (id TEXT PRIMARY KEY)', []);
    const counts = statements.runEach('INSERT INTO notes VALUES ($1) ON CONFLICT DO NOTHING', [
      ['a'],
      ['a'],
      ['b'],
    ]);

    expect(counts).toEqual([1, 0, 1]);
    expect(preparedTexts).toHaveLength(2);
  });

  it('keeps no more than it may, those that were run last', () => {
    const { statements, preparedTexts } = setUp(2);
    for (const text of ['SELECT 1', 'SELECT 2', 'SELECT 1', 'SELECT 3', 'SELECT 1', 'SELECT 2'])
      statements.run(text, []);

    expect(preparedTexts).toEqual(['SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 2']);
  });

  it('refuses too few values, which would leave those of the time before', () => {
    const { statements } = setUp();
    statements.run('SELECT $1 AS text', ['a']);

    const refusal = 'expected 1 values for a statement, got 0';

    expect(() => statements.run('SELECT $1 AS text', [])).toThrow(refusal);
    expect(() => statements.runEach('SELECT $1 AS text', [['a'], []])).toThrow(refusal);
  });

  it('runs a statement again that was refused before', () => {
    const { statements } = setUp();
    statements.run('CREATE TABLE notes (id TEXT PRIMARY KEY)', []);
    const insert = (id: string) => statements.run('INSERT INTO notes VALUES ($1) RETURNING id', [id]);
    insert('a');

    expect(() => insert('a')).toThrow('UNIQUE constraint failed');
    expect(insert('b')).toEqual([{ id: 'b' }]);
  });

  const lefts: string[] = [
    'EXPLAIN QUERY PLAN INSERT INTO notes VALUES (1)',
    'PRAGMA table_list',
    'INSERT INTO notes VALUES (1)',
  ];

  it.each(lefts)('leaves nothing open that would keep a transaction from its commit: %s', (text) => {
    const { statements } = setUp();
    statements.run('CREATE TABLE notes (id INT)', []);
    statements.run('BEGIN', []);
    statements.run(text, []);

    expect(statements.run('COMMIT', [])).toEqual([]);
  });

  it('sees columns that were added since', () => {
    const { statements } = setUp();
    statements.run('CREATE TABLE notes (id TEXT)', []);
    statements.run('INSERT INTO notes VALUES ($1)', ['a']);
    const read = () => statements.run('SELECT * FROM notes', []);
    const before = read();
    statements.run('ALTER TABLE notes ADD COLUMN text TEXT', []);

    expect([before, read()]).toEqual([[{ id: 'a' }], [{ id: 'a', text: null }]]);
  });
});
