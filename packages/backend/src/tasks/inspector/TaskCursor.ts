import { z } from 'zod';

/** A task's place in the order of all tasks. */
export interface TaskPlace {
  readonly id: string;
  readonly name: string;
}

const placeSchema = z.tuple([z.string().min(1), z.string().min(1)]);

/** The text of a place; callers hand it back as it is. */
export const toTaskCursor = ({ id, name }: TaskPlace): string =>
  Buffer.from(JSON.stringify([id, name])).toString('base64url');

/** The place that a cursor stands for; `undefined` for what `toTaskCursor` did not make. */
export const parseTaskCursor = (cursor: unknown): TaskPlace | undefined => {
  if (typeof cursor !== 'string') return undefined;
  try {
    const parsed = placeSchema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (!parsed.success) return undefined;
    const [id, name] = parsed.data;
    return toTaskCursor({ id, name }) === cursor ? { id, name } : undefined;
  } catch {
    // No JSON: somebody else's text.
    return undefined;
  }
};

/**
 * The order of tasks, newest first: ids of ours begin with the time they were made at. An id that several queues have,
 * as other programs number their jobs, is told apart by the name.
 */
export const compareNewestFirst = (one: TaskPlace, other: TaskPlace): number =>
  compareTexts(other.id, one.id) || compareTexts(one.name, other.name);

const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
