import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeUnknown } from '@core/errors/describeUnknown';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import { type ZodType } from 'zod';
import { writeFileAtomically } from '../../files/writeFileAtomically';
import { StorageError } from './StorageError';

/** Where entities are kept, and how they are read back. */
export interface EntityFilesOptions<Entity> {
  /** Holds `<id>.json` for each entity. Made when it is missing. */
  readonly directory: string;
  /** Reads an entity back from JSON, dates included. */
  readonly storedSchema: ZodType<Entity>;
}

/** A folder of JSON files, one for each entity; each is written whole or not at all. */
export interface EntityFiles<Entity> {
  /** `undefined` when there is none. */
  read(id: string): Promise<Result<Entity | undefined, StorageError>>;
  write(entity: Entity): Promise<Result<Entity, StorageError>>;
  /** Whether there was one; of several processes that remove it, one is told `true`. */
  remove(id: string): Promise<Result<boolean, StorageError>>;
  list(): Promise<Result<readonly Entity[], StorageError>>;
}

const ending = '.json';
// An id becomes a file name: a path in it would lead out of the folder.
const fileNameRule = /^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$/;

/** Opens a folder of entities. Nothing is read or made before the first call. */
export const createEntityFiles = <Entity extends { readonly id: string }>({
  directory,
  storedSchema,
}: EntityFilesOptions<Entity>): EntityFiles<Entity> => {
  const pathOf = (id: string): string => join(directory, `${id}${ending}`);
  const read = async (id: string): Promise<Result<Entity | undefined, StorageError>> => {
    if (!fileNameRule.test(id)) return ok(undefined);
    const text = await tolerateMissing(readFile(pathOf(id), 'utf8'), pathOf(id));
    return text.andThen((json) =>
      json === undefined ? ok(undefined) : parse(json, pathOf(id), storedSchema),
    );
  };
  return {
    read,
    write: async (entity) => {
      if (!fileNameRule.test(entity.id))
        return err(new StorageError(`expected an id fit for a file name, got ${entity.id}`));
      const path = pathOf(entity.id);
      const written = await tolerateMissing(writeFileAtomically(path, JSON.stringify(entity)), path);
      return written.map(() => entity);
    },
    remove: async (id) => {
      if (!fileNameRule.test(id)) return ok(false);
      const removed = await tolerateMissing(
        unlink(pathOf(id)).then(() => true),
        pathOf(id),
      );
      return removed.map((isRemoved) => isRemoved ?? false);
    },
    list: async () => {
      const names = await tolerateMissing(readdir(directory), directory);
      if (names.isErr()) return err(names.error);
      const ids = (names.value ?? [])
        .filter((name) => name.endsWith(ending))
        .map((name) => name.slice(0, -ending.length));
      return combine(await Promise.all(ids.map(read)));
    },
  };
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
    return err(
      new StorageError(`${path} is not accessible: ${describeUnknown(thrown)}`, {}, { cause: thrown }),
    );
  }
};

const parse = <Entity>(json: string, path: string, schema: ZodType<Entity>): Result<Entity, StorageError> => {
  const toError = (cause: unknown) =>
    new StorageError(`${path} does not hold what was stored: ${describeUnknown(cause)}`, {}, { cause });
  try {
    return validate(schema, JSON.parse(json)).mapErr(toError);
  } catch (thrown) {
    return err(toError(thrown));
  }
};

// A file that another process removed since the folder was read is no error.
const combine = <Entity>(
  results: readonly Result<Entity | undefined, StorageError>[],
): Result<readonly Entity[], StorageError> => {
  const entities: Entity[] = [];
  for (const result of results) {
    if (result.isErr()) return err(result.error);
    if (result.value !== undefined) entities.push(result.value);
  }
  return ok(entities);
};
