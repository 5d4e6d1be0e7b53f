import { type Evidence } from '../tasks/Evidence';
import { type History, type ProcessHistory } from './History';

/** One run of a handler. */
export interface Run {
  readonly call: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly run: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** When it ended by itself; undefined when its process died first, or it never ended. */
  readonly endedAtMs: number | undefined;
  /** When its process died with it. */
  readonly diedAtMs: number | undefined;
}

/** Puts the lines of each run together, in the order in which they began. */
export const listRuns = ({ evidence, processes }: History): readonly Run[] => {
  const ends = new Map(
    evidence.filter(({ event }) => event === 'end').map(({ run, atMs }) => [run, atMs] as const),
  );
  const byPid = new Map(processes.map((process) => [process.pid, process] as const));
  return evidence
    .filter(({ event }) => event === 'start')
    .map((start) => toRun(start, ends.get(start.run), byPid.get(start.pid)))
    .toSorted((one, other) => one.startedAtMs - other.startedAtMs);
};

const toRun = (
  { call, taskId, attempt, run, pid, atMs }: Evidence,
  endedAtMs: number | undefined,
  process: ProcessHistory | undefined,
): Run => ({
  ...{ call, taskId, attempt, run, pid, startedAtMs: atMs, endedAtMs },
  diedAtMs: endedAtMs === undefined ? process?.endedAtMs : undefined,
});

/** Groups by call. */
export const groupByCall = <T extends { readonly call: number }>(
  items: readonly T[],
): ReadonlyMap<number, readonly T[]> => {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item.call);
    if (group === undefined) groups.set(item.call, [item]);
    else group.push(item);
  }
  return groups;
};
