import { describe, expect, it } from 'bun:test';
import { runDrover } from './runDrover';

const run = async (...args: string[]) => {
  const texts = { stdout: '', stderr: '' };
  const exitCode = await runDrover(args, {
    print: async (text) => {
      texts.stdout += text;
    },
    complain: async (text) => {
      texts.stderr += text;
    },
  });
  return { exitCode, ...texts };
};

describe('runDrover', () => {
  it.each([
    [['recovr'], "error: unknown command 'recovr'\n(Did you mean recover?)\n"],
    [['recover', '--jsn'], "error: unknown option '--jsn'\n(Did you mean --json?)\n"],
    [['recover', 'all'], "error: too many arguments for 'recover'. Expected 0 arguments but got 1: all.\n"],
    [
      ['recover', '--min-age', '1.5'],
      "error: option '--min-age <ms>' argument '1.5' is invalid. expected milliseconds, an integer >= 0, got \"1.5\"\n",
    ],
    [['recover', '--min-age'], "error: option '--min-age <ms>' argument missing\n"],
  ])('refuses %j with exit code 2, and names the nearest', async (args, stderr) => {
    expect(await run(...args)).toEqual({ exitCode: 2, stdout: '', stderr });
  });

  it('lists its commands when none is named', async () => {
    const { exitCode, stderr } = await run();

    expect([exitCode, stderr.includes('recover [options]')]).toEqual([2, true]);
  });

  it('says why it is harmless, and what its exit codes mean', async () => {
    const { exitCode, stdout, stderr } = await run('recover', '--help');

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('It is harmless while workers run: ');
    expect(stdout).toContain('Exit code: 0 when everything is in place');
  });
});
