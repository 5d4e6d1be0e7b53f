import { describe, expect, it } from 'bun:test';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULE = join(import.meta.dir, 'BenchFolder.ts');

/** A process that makes a folder, prints it or the error, and does what it is told to. */
const start = (then: string, env: Readonly<Record<string, string>> = {}) =>
  Bun.spawn(
    [
      ...[process.execPath, '--no-install', '-e'],
      `import { createBenchFolder } from ${JSON.stringify(MODULE)};
       const folder = createBenchFolder();
       console.log(folder.isOk() ? folder.value : folder.error);
       ${then}`,
    ],
    { cwd: import.meta.dir, env: { ...process.env, ...env }, stdout: 'pipe' },
  );

const readLine = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const { value } = await stream.getReader().read();
  return new TextDecoder().decode(value).trim();
};

describe('createBenchFolder', () => {
  it('makes a folder that is there while the process runs', async () => {
    const child = start(`console.log(await Bun.file(folder.value + '/file').write('x'));`);
    const [folder = '', written] = (await new Response(child.stdout).text()).split('\n');

    expect(folder.startsWith(join(tmpdir(), 'drover-faults-'))).toBe(true);
    expect(written).toBe('1');
    expect(existsSync(folder)).toBe(false); // the process has ended
  });

  it('lets a server of another user find its own folder in it', async () => {
    const child = start(`console.log((require('node:fs').statSync(folder.value).mode & 0o777).toString(8));`);

    expect((await new Response(child.stdout).text()).split('\n')[1]).toBe('711');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('deletes it when the process gets %s', async (signal) => {
    const child = start('setInterval(() => undefined, 1000);');
    const folder = await readLine(child.stdout);
    expect(existsSync(folder)).toBe(true);
    child.kill(signal);

    expect(await child.exited).toBe(1);
    expect(existsSync(folder)).toBe(false);
  });

  it('says what is wrong with a TMPDIR that cannot be written', async () => {
    const child = start('', { TMPDIR: '/proc/none' });

    expect(await new Response(child.stdout).text()).toStartWith(
      'expected TMPDIR (/proc/none) to be a folder that can be written, got: ENOENT',
    );
  });
});
