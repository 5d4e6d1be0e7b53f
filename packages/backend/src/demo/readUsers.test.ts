import { describe, expect, it } from 'bun:test';
import { demoUsersPath, parseUsers, readUsers } from './readUsers';

const messageOf = (csv: string): string[] =>
  parseUsers(csv).map((row) =>
    row.match(
      (user) => user.email,
      (error) => error.message,
    ),
  );

describe('parseUsers', () => {
  it('answers a user for each line, quoted fields, byte order mark and CRLF included', () => {
    const rows = parseUsers(
      '\uFEFFemail,name\r\nada@example.test,"Byron, Ada ""A."""\r\n\r\nbob@example.test,Bob\r\n',
    );
    expect(rows.map((row) => row._unsafeUnwrap())).toEqual([
      { email: 'ada@example.test', name: 'Byron, Ada "A."' },
      { email: 'bob@example.test', name: 'Bob' },
    ]);
  });

  it.each([
    ['nobody,Ada', 'line 3: expected valid data: email: Invalid email address, got "nobody"'],
    ['ada@example.test,', 'line 3: expected valid data: name: '],
    ['ada@example.test', 'line 3: expected 2 fields (email, name), got 1'],
    ['ada@example.test,Ada,extra', 'line 3: expected 2 fields (email, name), got 3'],
    ['"ada@example.test"x,Ada', 'line 3: expected CSV, got: Invalid Closing Quote'],
    ['ada@example.test,"Ada', 'line 3: expected CSV, got: Quote Not Closed'],
  ])('refuses the line %s and keeps the lines around it', (line, problem) => {
    const [before, refused, after] = messageOf(
      `email,name\nann@example.test,Ann\n${line}\nbob@example.test,Bob\n`,
    );
    expect([before, after]).toEqual(['ann@example.test', 'bob@example.test']);
    expect(refused).toStartWith(problem);
  });

  it.each(['', 'name,email\nAda,ada@example.test', 'ada@example.test,Ada'])(
    'refuses a wrong header: %j',
    (csv) => {
      expect(messageOf(csv)).toEqual([
        `line 1: expected the header "email,name", got ${JSON.stringify(csv.split('\n')[0])}`,
      ]);
    },
  );
});

describe('readUsers', () => {
  it('finds 200 different users in the demo file, 12 slow and 2 gone, and one malformed row', async () => {
    const rows = await readUsers(demoUsersPath);
    const users = rows.flatMap((row) => (row.isOk() ? [row.value] : []));
    expect(new Set(users.map(({ email }) => email.toLowerCase())).size).toBe(200);
    expect(users.filter(({ email }) => email.endsWith('+slow@example.test')).length).toBe(12);
    expect(users.filter(({ email }) => email.endsWith('+gone@example.test')).length).toBe(2);
    expect(users.filter(({ email }) => !email.endsWith('@example.test'))).toEqual([]);
    expect(rows.flatMap((row) => (row.isErr() ? [row.error.message] : []))).toEqual([
      'line 118: expected valid data: email: Invalid email address, got "perpetua.nowhere.example.test"',
    ]);
  });

  it('rejects when there is no such file', async () => {
    await expect(readUsers('/nowhere/users.csv')).rejects.toThrow('ENOENT');
  });
});
