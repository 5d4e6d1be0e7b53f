import { type FaultEventKind, type History, type ProcessHistory, type Window } from './History';

/** Adds windows that touch or overlap together; ordered. */
export const mergeWindows = (windows: readonly Window[]): readonly Window[] => {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of windows.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
};

/** The parts of a window that are outside of others. */
export const subtractWindows = (window: Window, taken: readonly Window[]): readonly Window[] => {
  let rest: readonly Window[] = [window];
  for (const { fromMs, toMs } of taken) {
    rest = rest.flatMap((part) => [
      ...(part.fromMs < fromMs ? [{ fromMs: part.fromMs, toMs: Math.min(part.toMs, fromMs) }] : []),
      ...(part.toMs > toMs ? [{ fromMs: Math.max(part.fromMs, toMs), toMs: part.toMs }] : []),
    ]);
  }
  return rest;
};

/** When a process took tasks. */
const liveWindows = ({
  readyAtMs,
  endedAtMs,
  stopRequestedAtMs,
  suspensions,
}: ProcessHistory): readonly Window[] => {
  if (readyAtMs === undefined) return [];
  const toMs = Math.min(endedAtMs ?? Number.POSITIVE_INFINITY, ...stopRequestedAtMs);
  return toMs > readyAtMs ? subtractWindows({ fromMs: readyAtMs, toMs }, suspensions) : [];
};

/** Cuts windows in two at each of these moments; ordered windows give ordered windows. */
export const cutWindows = (windows: readonly Window[], moments: readonly number[]): readonly Window[] => {
  const ordered = moments.toSorted((one, other) => one - other);
  return windows.flatMap(({ fromMs, toMs }) => {
    const bounds = [fromMs, ...ordered.filter((moment) => moment > fromMs && moment < toMs), toMs];
    return bounds.slice(1).map((end, index) => ({ fromMs: bounds[index] ?? fromMs, toMs: end }));
  });
};

/** Faults of one moment after which the clock of a lock may start anew, for any task. */
const CUTS: readonly FaultEventKind[] = ['reset', 'lose-reply', 'kill-worker'];

/** When tasks could run, undisturbed: a worker was alive and Redis could be used. */
export const availableWindows = ({ processes, outages, faults }: History): readonly Window[] => {
  const live = mergeWindows(processes.flatMap(liveWindows));
  const moments = faults.filter(({ kind }) => CUTS.includes(kind)).map(({ toMs }) => toMs);
  return cutWindows(
    live.flatMap((window) => subtractWindows(window, outages)),
    moments,
  );
};

/**
 * The longest unbroken time within a window in which tasks could run, in milliseconds. Unbroken: the clock of a lock
 * and of a stalled check starts anew with each worker and each Redis.
 */
export const longestAvailableMs = (available: readonly Window[], { fromMs, toMs }: Window): number =>
  Math.max(0, ...available.map((window) => Math.min(window.toMs, toMs) - Math.max(window.fromMs, fromMs)));
