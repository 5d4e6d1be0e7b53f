import { describe, expect, it } from 'bun:test';
import { ConflictError } from '@core/errors/ConflictError';
import { NotFoundError } from '@core/errors/NotFoundError';
import { z } from 'zod';
import { createTemporaryDirectory } from '../../files/TemporaryDirectory';
import { createFileRepository } from './FileRepository';
import { createInMemoryRepository } from './InMemoryRepository';
import { applyChanges, type Repository } from './Repository';

interface Note {
  readonly id: string;
  readonly text: string;
  readonly createdAt: Date;
}

const createdAt = new Date('2026-01-02T03:04:05.678Z');

const toEntity = ({ id, text }: { readonly id?: string | undefined; readonly text: string }): Note => ({
  id: id ?? 'made',
  text,
  createdAt,
});

const implementations: Record<string, (directory: string) => Repository<string, Note>> = {
  createInMemoryRepository: () => createInMemoryRepository<string, Note>({ entityName: 'note', toEntity }),
  createFileRepository: (directory) =>
    createFileRepository<string, Note>({
      directory,
      entityName: 'note',
      toEntity,
      storedSchema: z.object({ id: z.string(), text: z.string(), createdAt: z.coerce.date() }),
    }),
};

const setup = async (implementation: string) => {
  const directory = await createTemporaryDirectory();
  const repo = implementations[implementation]?.(`${directory.path}/notes`);
  if (repo === undefined) throw new Error(`no repository is named ${implementation}`);
  return { repo, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] };
};

describe.each(Object.keys(implementations))('%s', (implementation) => {
  it('gives back what was created, with a given id or a new one', async () => {
    await using bundle = await setup(implementation);
    const note = { id: 'a', text: 'first', createdAt };
    expect((await bundle.repo.create({ id: 'a', text: 'first' }))._unsafeUnwrap()).toEqual(note);
    expect((await bundle.repo.get('a'))._unsafeUnwrap()).toEqual(note);
    expect((await bundle.repo.create({ text: 'second' }))._unsafeUnwrap().id).toBe('made');
  });

  it('refuses an id that is taken and keeps the first entity', async () => {
    await using bundle = await setup(implementation);
    await bundle.repo.create({ id: 'a', text: 'first' });
    const error = (await bundle.repo.create({ id: 'a', text: 'second' }))._unsafeUnwrapErr();
    expect(error).toEqual(new ConflictError('a note with this id exists already'));
    expect((await bundle.repo.get('a'))._unsafeUnwrap().text).toBe('first');
  });

  it('changes what is given, but never id and createdAt', async () => {
    await using bundle = await setup(implementation);
    await bundle.repo.create({ id: 'a', text: 'first' });
    const changed = { id: 'a', text: 'second', createdAt };
    expect((await bundle.repo.update('a', { text: 'second' }))._unsafeUnwrap()).toEqual(changed);
    expect((await bundle.repo.update('a', { text: undefined }))._unsafeUnwrap()).toEqual(changed);
    expect((await bundle.repo.get('a'))._unsafeUnwrap()).toEqual(changed);
  });

  it('forgets what is deleted', async () => {
    await using bundle = await setup(implementation);
    await bundle.repo.create({ id: 'a', text: 'first' });
    expect((await bundle.repo.delete('a')).isOk()).toBe(true);
    expect((await bundle.repo.list())._unsafeUnwrap()).toEqual([]);
  });

  it.each(['missing', '../notes/a', ''])('answers NotFoundError for the id %j', async (id) => {
    await using bundle = await setup(implementation);
    await bundle.repo.create({ id: 'a', text: 'first' });
    const notFound = new NotFoundError(`no note has the id ${id}`);
    expect((await bundle.repo.get(id))._unsafeUnwrapErr()).toEqual(notFound);
    expect((await bundle.repo.update(id, { text: 'x' }))._unsafeUnwrapErr()).toEqual(notFound);
    expect((await bundle.repo.delete(id))._unsafeUnwrapErr()).toEqual(notFound);
    expect((await bundle.repo.list())._unsafeUnwrap().length).toBe(1);
  });

  it('lists everything, and nothing at first', async () => {
    await using bundle = await setup(implementation);
    expect((await bundle.repo.list())._unsafeUnwrap()).toEqual([]);
    await bundle.repo.create({ id: 'a', text: 'first' });
    await bundle.repo.create({ id: 'b', text: 'second' });
    const notes = (await bundle.repo.list())._unsafeUnwrap();
    expect(notes.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
  });

  it('lets one of several deletions at once win', async () => {
    await using bundle = await setup(implementation);
    await bundle.repo.create({ id: 'a', text: 'first' });
    const deleted = await Promise.all([1, 2, 3].map(() => bundle.repo.delete('a')));
    expect(deleted.filter((result) => result.isOk()).length).toBe(1);
  });
});

describe('applyChanges', () => {
  it('leaves id and createdAt alone even when the compiler was not asked', () => {
    const note = { id: 'a', text: 'first', createdAt };
    const changes: object = { id: 'b', createdAt: new Date(0), text: 'second' };
    expect(applyChanges(note, changes)).toEqual({ ...note, text: 'second' });
  });
});
