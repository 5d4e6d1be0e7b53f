import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { type DatabaseTarget, parseDatabaseUrl } from './DatabaseTarget';

const postgres = (url: string, place: string, database: string): [string, DatabaseTarget] => [
  url,
  { dialect: 'postgres', url, place, database },
];

const accepted: [url: string, target: DatabaseTarget][] = [
  ['sqlite://ledger.sqlite', { dialect: 'sqlite', path: 'ledger.sqlite' }],
  ['sqlite://./.data/a b.db', { dialect: 'sqlite', path: './.data/a b.db' }],
  ['sqlite:///var/lib/drover/ledger', { dialect: 'sqlite', path: '/var/lib/drover/ledger' }],
  ['sqlite://:memory:', { dialect: 'sqlite', path: ':memory:' }],
  postgres('postgres://db.example.com/drover', 'db.example.com/drover', 'drover'),
  postgres('postgresql://u:p%40ss@h:6432/a%2Fb', 'h:6432/a/b', 'a/b'),
  postgres('postgres://u@[::1]:5433/d?sslmode=verify-full', '[::1]:5433/d', 'd'),
  postgres('postgres://u:@h/d?sslmode=disable&application_name=x', 'h/d', 'd'),
];

const refused: [url: string, expected: string][] = [
  ['', 'to be sqlite://'],
  ['on', 'to be sqlite://'],
  ['ledger.sqlite', 'to be sqlite://'],
  ['sqlite:ledger', 'to be sqlite://'],
  ['file:///ledger', 'to be sqlite://'],
  ['mysql://u:hunter2@h/d', 'to be sqlite://'],
  ['postgres://u:hunter2@h', 'to be sqlite://'],
  ['postgres://u:hunter2@h/', 'to be sqlite://'],
  ['postgres://u:hunter2@/d', 'to be sqlite://'],
  ['postgres://u:hunter2@h:0/d', 'to be sqlite://'],
  ['postgres://u:hunter2@h:65536/d', 'to be sqlite://'],
  ['postgres://u:hunter2@[::1/d', 'to be sqlite://'],
  ['postgres://u:hunter2@[h]/d', 'to be sqlite://'],
  ['postgres://u:hunter2@h/d/e', 'to be sqlite://'],
  ['postgres://u:hunter2@h/d#e', 'to be sqlite://'],
  ['postgres://u:hunter2@h1,h2/d', 'to be sqlite://'],
  ['postgres://u:hunter2@h /d', 'to be sqlite://'],
  ['sqlite://', 'to name a file'],
  ['sqlite://folder/', 'to name a file'],
  ['sqlite://a?mode=ro', 'to name a file'],
  ['postgres://u:hunter2%@h/d', 'to have percent-encoded user, password and database (% is %25)'],
  ['postgres://u:hunter2@h/d%', 'to have percent-encoded user'],
  ['postgres://u:hunter2@h/d?sslmode=yes', 'to have an sslmode that is one of disable, allow,'],
  ['postgres://u:hunter2@h/d?SSL=1', 'to have parameters of small letters'],
];

describe('parseDatabaseUrl', () => {
  it.each(accepted)('reads %s', (url, target) => {
    expect(parseDatabaseUrl(url)._unsafeUnwrap()).toEqual(target);
  });

  it.each(refused)('refuses %j and says that it is expected %s', (url, expected) => {
    const { name, message } = parseDatabaseUrl(url)._unsafeUnwrapErr();

    expect({ name, message }).toEqual({
      name: 'DatabaseUrlError',
      message: expect.stringContaining(`expected LEDGER_URL ${expected}`),
    });
    expect(message).not.toContain('hunter2');
  });

  it('names the variable that it is told', () => {
    expect(parseDatabaseUrl('x', 'HISTORY_URL')._unsafeUnwrapErr().message).toStartWith(
      'expected HISTORY_URL to be sqlite://',
    );
  });

  it('never throws, and never shows a password', () => {
    const urls = fc.string().map((text) => `postgres://u:hunter2${text}@host?/`);

    fc.assert(
      fc.property(urls, (url) => !parseDatabaseUrl(url)._unsafeUnwrapErr().message.includes('hunter2')),
    );
  });
});
