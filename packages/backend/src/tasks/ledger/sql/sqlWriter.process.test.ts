import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { createLedgerBench } from '../__fixtures__/LedgerBench';

const SCRIPT = join(import.meta.dir, '..', '__fixtures__', 'insertWithKey.ts');

const insertIn = async (url: string): Promise<string> => {
  const child = Bun.spawn([process.execPath, '--no-install', SCRIPT, url], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  return (await new Response(child.stdout).text()).trim();
};

describe('insert', () => {
  it.each(['sqlite', 'postgres'] as const)(
    'makes one task of a key that twenty processes ask for, on %s',
    async (dialect) => {
      await using bench = await createLedgerBench(dialect);
      const kinds = await Promise.all(Array.from({ length: 20 }, () => insertIn(bench.url)));
      const rows = await bench.database.query(`SELECT id FROM ${bench.tables.name('tasks')}`);

      expect(kinds.toSorted()).toEqual(['created', ...Array.from({ length: 19 }, () => 'duplicate')]);
      expect(rows).toHaveLength(1);
    },
    60_000,
  );
});
