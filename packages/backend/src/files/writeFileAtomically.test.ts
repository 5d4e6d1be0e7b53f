import { describe, expect, it } from 'bun:test';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from './TemporaryDirectory';
import { writeFileAtomically } from './writeFileAtomically';

describe('writeFileAtomically', () => {
  it('writes the content, also into a folder that does not exist yet, and leaves no other file', async () => {
    await using directory = await createTemporaryDirectory();
    const folder = join(directory.path, 'a', 'b');
    await writeFileAtomically(join(folder, 'note.txt'), 'first');
    await writeFileAtomically(join(folder, 'note.txt'), 'second');
    expect(await readFile(join(folder, 'note.txt'), 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['note.txt']);
  });

  it('rejects and leaves nothing behind when the file cannot be put in place', async () => {
    await using directory = await createTemporaryDirectory();
    // A folder with something in it cannot be replaced by a file.
    await mkdir(join(directory.path, 'note.txt', 'occupied'), { recursive: true });
    const written = writeFileAtomically(join(directory.path, 'note.txt'), 'text');
    await expect(written).rejects.toThrow();
    expect(await readdir(directory.path)).toEqual(['note.txt']);
  });
});
