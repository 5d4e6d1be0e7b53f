import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeUnknown } from '@core/errors/describeUnknown';
import { validate } from '@core/validation/validate';
import { err, ok, Result } from 'neverthrow';
import { type ZodType } from 'zod';
import { writeFileAtomically } from '../../files/writeFileAtomically';
import { StorageError } from './StorageError';

/** A folder of JSON files, one for each entity, and how they are read back. */
export interface EntityFolder<Entity> {
  /** Holds `<id>.json` for each entity. Made when it is missing. */
  readonly directory: string;
  /** Reads an entity back from JSON, dates included. */
  readonly storedSchema: ZodType<Entity>;
}

const ending = '.json';
// An id becomes a file name: a path in it would lead out of the folder.
const fileNameRule = /^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$/;

const pathOf = (directory: string, id: string): string => join(directory, `${id}${ending}`);

/** Reads one entity; `undefined` when there is none. */
export const readEntity = async <Entity>(
  { directory, storedSchema }: EntityFolder<Entity>,
  id: string,
): Promise<Result<Entity | undefined, StorageError>> => {
  if (!fileNameRule.test(id)) return ok(undefined);
  const path = pathOf(directory, id);
  const text = await tolerateMissing(readFile(path, 'utf8'), path);
  return text.andThen((json) => (json === undefined ? ok(undefined) : parse(json, path, storedSchema)));
};

/** Writes an entity, whole or not at all, over the one with the same id. */
export const writeEntity = async <Entity extends { readonly id: string }>(
  { directory }: EntityFolder<Entity>,
  entity: Entity,
): Promise<Result<Entity, StorageError>> => {
  const { id } = entity;
  if (!fileNameRule.test(id)) return err(new StorageError(`expected an id fit for a file name, got ${id}`));
  const path = pathOf(directory, id);
  const written = await tolerateMissing(writeFileAtomically(path, JSON.stringify(entity)), path);
  return written.map(() => entity);
};

/** Removes an entity. Answers whether there was one; of several processes that remove it, one is told `true`. */
export const removeEntity = async (
  { directory }: EntityFolder<unknown>,
  id: string,
): Promise<Result<boolean, StorageError>> => {
  if (!fileNameRule.test(id)) return ok(false);
  const path = pathOf(directory, id);
  const unlinked = unlink(path).then(() => true);
  return (await tolerateMissing(unlinked, path)).map((isRemoved) => isRemoved ?? false);
};

/** Reads all entities, in no particular order; none when there is no folder. */
export const listEntities = async <Entity>(
  folder: EntityFolder<Entity>,
): Promise<Result<readonly Entity[], StorageError>> => {
  const names = await tolerateMissing(readdir(folder.directory), folder.directory);
  if (names.isErr()) return err(names.error);
  const files = (names.value ?? []).filter((name) => name.endsWith(ending));
  const read = await Promise.all(files.map((name) => readEntity(folder, name.slice(0, -ending.length))));
  // A file that another process removed since the folder was read is no error.
  return Result.combine(read).map((entities) => entities.filter((entity) => entity !== undefined));
};

/** `undefined` for what does not exist; any other failure is an error. */
const tolerateMissing = async <T>(
  work: Promise<T>,
  path: string,
): Promise<Result<T | undefined, StorageError>> => {
  try {
    return ok(await work);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return ok(undefined);
    const message = `${path} is not accessible: ${describeUnknown(thrown)}`;
    return err(new StorageError(message, { cause: thrown }));
  }
};

const parse = <Entity>(json: string, path: string, schema: ZodType<Entity>): Result<Entity, StorageError> => {
  const toError = (cause: unknown) =>
    new StorageError(`${path} does not hold what was stored: ${describeUnknown(cause)}`, { cause });
  try {
    return validate(schema, JSON.parse(json)).mapErr(toError);
  } catch (thrown) {
    return err(toError(thrown));
  }
};
