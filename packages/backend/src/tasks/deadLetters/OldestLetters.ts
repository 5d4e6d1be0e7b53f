import { type Result } from 'neverthrow';
import { type FailedTask, type FailedTasksQuery, listOldestFailed } from '../queue/FailedTasks';
import { type LetterContext, toFailedTasksQueries } from './LetterContext';
import { mergeOldest } from './LetterOrder';

/** Goes through the dead letters of a time, oldest first, however many there are. */
export interface OldestLetters {
  /** The next ones, at most so many; an empty list when there are no more. `err` when Redis does not answer. */
  take(count: number): Promise<Result<readonly FailedTask[], Error>>;
}

interface OldestLettersOptions extends LetterContext {
  /** Milliseconds since 1970, both included. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is known of one queue. Letters stay in it when they are retried, so that the way on is by time, not by place. */
interface Line {
  readonly waiting: readonly FailedTask[];
  /** Where the next part begins: a time, and how many letters of that time were read. */
  readonly fromMs: number;
  readonly offset: number;
  readonly isAtEnd: boolean;
}

const extend = (line: Line, part: readonly FailedTask[], count: number): Line => {
  const lastMs = part.at(-1)?.failedAtMs ?? line.fromMs;
  const tieCount = part.filter(({ failedAtMs }) => failedAtMs === lastMs).length;
  return {
    waiting: [...line.waiting, ...part],
    fromMs: lastMs,
    offset: lastMs === line.fromMs ? line.offset + tieCount : tieCount,
    isAtEnd: part.length < count,
  };
};

interface Filling {
  readonly query: FailedTasksQuery;
  readonly toMs: number;
  readonly count: number;
}

const fill = async (line: Line, { query, toMs, count }: Filling): Promise<Line> => {
  if (line.isAtEnd || line.waiting.length >= count) return line;
  const range = { fromMs: line.fromMs, toMs, offset: line.offset, count };
  return extend(line, await listOldestFailed(query, range), count);
};

/** Begins at the oldest letter; reads as many of each queue as are asked for at a time. */
export const createOldestLetters = ({ fromMs, toMs, ...context }: OldestLettersOptions): OldestLetters => {
  const start: Line = { waiting: [], fromMs, offset: 0, isAtEnd: false };
  let lines: readonly Line[] = [];
  return {
    take: async (count) => {
      const filled = await context.access.run((_queues, { client }) =>
        Promise.all(
          toFailedTasksQueries(context, client).map((query, index) =>
            fill(lines[index] ?? start, { query, toMs, count }),
          ),
        ),
      );
      return filled.map((found) => {
        const taken = mergeOldest(found.map(({ waiting }) => waiting)).slice(0, count);
        const takenLetters = new Set(taken);
        lines = found.map((line) => ({
          ...line,
          waiting: line.waiting.filter((letter) => !takenLetters.has(letter)),
        }));
        return taken;
      });
    },
  };
};
