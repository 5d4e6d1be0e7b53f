import { describe, expect, it } from 'bun:test';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createTemporaryDirectory } from '../../files/TemporaryDirectory';
import { createFileRepository } from './FileRepository';

interface Note {
  readonly id: string;
  readonly text: string;
}

const open = (directory: string) =>
  createFileRepository<string, Note>({
    directory,
    entityName: 'note',
    toEntity: ({ id, text }) => ({ id: id ?? 'made', text }),
    storedSchema: z.object({ id: z.string(), text: z.string() }),
  });

describe('createFileRepository', () => {
  it('shows one opener what another stored', async () => {
    await using directory = await createTemporaryDirectory();
    await open(directory.path).create({ id: 'a', text: 'first' });
    expect((await open(directory.path).list())._unsafeUnwrap()).toEqual([{ id: 'a', text: 'first' }]);
    expect(await readdir(directory.path)).toEqual(['a.json']);
  });

  it('refuses to store under an id that is no file name', async () => {
    await using directory = await createTemporaryDirectory();
    const error = (
      await open(join(directory.path, 'notes')).create({ id: '../a', text: 'first' })
    )._unsafeUnwrapErr();
    expect(error.message).toBe('expected an id fit for a file name, got ../a');
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('leaves out what another process removes while the folder is read', async () => {
    await using directory = await createTemporaryDirectory();
    await open(directory.path).create({ id: 'a', text: 'first' });
    // A link to nowhere is what such a file looks like: listed, and gone when it is read.
    await symlink(join(directory.path, 'nowhere'), join(directory.path, 'b.json'));
    // Strictly: `toEqual` of bun takes [x, undefined] for [x].
    expect((await open(directory.path).list())._unsafeUnwrap()).toStrictEqual([{ id: 'a', text: 'first' }]);
  });

  it.each(['{"id":"a"', '{"id":"a","text":1}'])('names the file that holds %s', async (content) => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a.json');
    await writeFile(path, content);
    const message = `${path} does not hold what was stored: `;
    expect((await open(directory.path).get('a'))._unsafeUnwrapErr().message).toStartWith(message);
    expect((await open(directory.path).list())._unsafeUnwrapErr().message).toStartWith(message);
  });

  it('answers StorageError when the folder is none', async () => {
    await using directory = await createTemporaryDirectory();
    const occupied = join(directory.path, 'file');
    await writeFile(occupied, '');
    const repo = open(occupied);
    const results = [
      await repo.create({ id: 'a', text: 'first' }),
      await repo.get('a'),
      await repo.update('a', { text: 'x' }),
      await repo.delete('a'),
      await repo.list(),
    ];
    expect(results.map((result) => result._unsafeUnwrapErr().code)).toEqual(
      Array.from({ length: 5 }, () => 'storage-unavailable' as const),
    );
  });
});
