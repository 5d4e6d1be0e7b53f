import { describe, expect, it } from 'bun:test';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { deleteOldFolders } from './DemoFolders';

describe('deleteOldFolders', () => {
  it.each([
    [3, [1, 2, 3]],
    [7, [3, 4, 5, 6, 7]],
  ])('of %i folders keeps the newest', async (count, kept) => {
    await using parent = await createTemporaryDirectory();
    for (let day = count; day >= 1; day -= 1) {
      await mkdir(join(parent.path, `2026-01-0${day}T000000.000Z-4711`));
      await writeFile(join(parent.path, `2026-01-0${day}T000000.000Z-4711`, 'api.log'), '');
    }
    await deleteOldFolders(parent.path);

    expect((await readdir(parent.path)).toSorted()).toEqual(
      kept.map((day) => `2026-01-0${day}T000000.000Z-4711`),
    );
  });
});
