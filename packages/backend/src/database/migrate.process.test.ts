import { describe, expect, it } from 'bun:test';
import { createTestDatabase } from './__fixtures__/TestDatabase';
import { type SqlDialect } from './SqlDatabase';

const dialects: [dialect: SqlDialect][] = [['sqlite'], ['postgres']];

const SCRIPT = `
  const from = (name) => import(process.env.FOLDER + '/' + name + '.ts');
  const { openDatabase } = await from('openDatabase');
  const { parseDatabaseUrl } = await from('DatabaseTarget');
  const { createSqlTables } = await from('SqlTables');
  const { migrations } = await from('__fixtures__/describeMigrate');
  const { migrate } = await from('migrate');
  const target = parseDatabaseUrl(process.env.URL)._unsafeUnwrap();
  const database = openDatabase(target);
  const report = await migrate({ database, migrations, tables: createSqlTables(target.dialect) });
  console.log(report.match(({ from }) => from, (error) => error.message));`;

describe('migrate', () => {
  it.each(dialects)('is done by one of eight processes that come at once, on %s', async (dialect) => {
    await using place = await createTestDatabase(dialect);
    const printed = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const child = Bun.spawn([process.execPath, '--no-install', '-e', SCRIPT], {
          cwd: import.meta.dir,
          env: { PATH: process.env['PATH'], FOLDER: import.meta.dir, URL: place.url },
          stdio: ['ignore', 'pipe', 'inherit'],
          timeout: 15_000,
          killSignal: 'SIGKILL',
        });
        return (await new Response(child.stdout).text()).trim();
      }),
    );

    expect(printed.toSorted()).toEqual(['0', ...Array.from({ length: 7 }, () => '2')]);
  });
});
