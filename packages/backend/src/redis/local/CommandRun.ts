import { err, ok, type Result } from 'neverthrow';

/** How to run a command to its end. */
export interface CommandOptions {
  readonly folder?: string;
  /** Added to the inherited environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed. Default: 10 minutes. */
  readonly timeoutMs?: number;
}

/**
 * Runs a command without input until it ends.
 *
 * @returns what it printed on standard output; the error is the last line it complained with.
 */
export const runCommand = async (
  command: readonly string[],
  { folder, environment = {}, timeoutMs = 600_000 }: CommandOptions = {},
): Promise<Result<string, string>> => {
  const child = Bun.spawn([...command], {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...process.env, ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
  });
  const [output, complaint, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode === 0) return ok(output);
  const lastLine = `${output}\n${complaint}`.trim().split('\n').at(-1);
  return err(`${command[0]} ended with code ${exitCode}: ${lastLine || 'no output'}`);
};
