import { readFile } from 'node:fs/promises';

/** One line that a worker wrote as JSON; only the fields the demo reads. */
export interface WorkerLogLine {
  readonly time?: string;
  readonly msg?: string;
  readonly taskId?: string;
  readonly correlationId?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly waitMs?: number;
  readonly runMs?: number;
}

/** Reads a worker's log; lines that are no JSON objects, such as the table of tasks, are left out. */
export const readWorkerLog = async (path: string): Promise<readonly WorkerLogLine[]> => {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as WorkerLogLine); // every field is optional
};

/** What the lines at the ends of attempts add up to. */
export interface AttemptFigures {
  /** Tasks that needed more than one attempt, whatever became of them. */
  readonly retriedCount: number;
  /** Waits of first attempts from due to started, in milliseconds, ascending. */
  readonly waitsMs: readonly number[];
}

/** Adds up the lines of a worker's log. */
export const toAttemptFigures = (lines: readonly WorkerLogLine[]): AttemptFigures => ({
  retriedCount: new Set(lines.filter(({ outcome }) => outcome === 'retry').map(({ taskId }) => taskId)).size,
  waitsMs: lines.flatMap(({ waitMs }) => waitMs ?? []).toSorted((left, right) => left - right),
});

/** The value below which a share of the ascending values lies; 0 for none. */
export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
