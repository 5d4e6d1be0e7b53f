import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes the folder for everything a bench writes. It is deleted when this process ends, also when it is asked to end.
 *
 * @returns what was expected and what was got, when the folder for temporary files cannot be written.
 */
export const createBenchFolder = (): Result<string, string> => {
  const parent = tmpdir();
  try {
    const folder = mkdtempSync(join(parent, 'drover-faults-'));
    // A Postgres inside may have to run as another user, who must find the way to its own folder.
    chmodSync(folder, 0o711);
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    // Without a listener a signal ends the process at once, and nothing is deleted.
    for (const signal of SIGNALS) process.on(signal, () => process.exit(1));
    return ok(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return err(`expected TMPDIR (${parent}) to be a folder that can be written, got: ${reason}`);
  }
};
