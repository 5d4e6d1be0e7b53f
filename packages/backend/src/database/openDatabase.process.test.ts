import { describe, expect, it } from 'bun:test';
import { createTestDatabase } from './__fixtures__/TestDatabase';
import { type SqlDialect } from './SqlDatabase';

const dialects: [dialect: SqlDialect][] = [['sqlite'], ['postgres']];

const SCRIPT = `
  const { openDatabase } = await import(process.env.FOLDER + '/openDatabase.ts');
  const { parseDatabaseUrl } = await import(process.env.FOLDER + '/DatabaseTarget.ts');
  const database = openDatabase(parseDatabaseUrl(process.env.URL)._unsafeUnwrap());
  const [row] = await database.query('SELECT 1 AS one');
  await database.transaction((within) => within.query('SELECT 2'));
  console.log(row.one);`;

const run = async (script: string, environment: Record<string, string>) => {
  const child = Bun.spawn([process.execPath, '--no-install', '-e', script], {
    cwd: import.meta.dir,
    env: { PATH: process.env['PATH'], FOLDER: import.meta.dir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  const printed = `${await new Response(child.stdout).text()}${await new Response(child.stderr).text()}`;
  await child.exited;
  return { printed, exitCode: child.exitCode };
};

describe('openDatabase', () => {
  it.each(dialects)('lets a script that leaves %s open end by itself', async (dialect) => {
    await using place = await createTestDatabase(dialect);

    expect(await run(SCRIPT, { URL: place.url })).toEqual({ printed: '1\n', exitCode: 0 });
  });

  it('takes the database of the URL, whatever the environment names', async () => {
    await using place = await createTestDatabase('postgres');

    expect(await run(SCRIPT, { URL: place.url, PGDATABASE: 'nowhere' })).toEqual({
      printed: '1\n',
      exitCode: 0,
    });
  });

  it('lets processes share one SQLite file', async () => {
    await using place = await createTestDatabase('sqlite');
    const script = `${SCRIPT}
      await database.query('CREATE TABLE IF NOT EXISTS notes (id TEXT)');
      for (let index = 0; index < 20; index += 1)
        await database.transaction((within) => within.query('INSERT INTO notes VALUES ($1)', [String(index)]));`;
    const ended = await Promise.all([1, 2, 3].map(() => run(script, { URL: place.url })));
    const { printed } = await run(
      `${SCRIPT} console.log((await database.query('SELECT count(*) AS count FROM notes'))[0].count)`,
      { URL: place.url },
    );

    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(printed).toBe('1\n60\n');
  });
});
