import { type FaultEvent, type FaultEventKind, type HeldEnd, type Window } from '../check/History';
import { machineNowMs } from '../tasks/Evidence';

/** When which fault struck, and when Redis, or the ledger's database, could not be used: kept by whoever does it. */
export interface Timeline {
  /** Notes a fault that begins now; the function it answers ends it. */
  begin(kind: FaultEventKind, pid?: number): () => void;
  /** Notes a fault of one moment. */
  strike(kind: FaultEventKind, pid?: number): void;
  /** Notes that Redis, or the ledger's database, cannot be used from now on; the function it answers ends that, `lingerMs` later. */
  beginOutage(): (lingerMs?: number) => void;
  /** Notes tasks whose end was on its way to Redis, and did not get there. */
  hold(taskIds: readonly string[]): void;
  held(): readonly HeldEnd[];
  faults(): readonly FaultEvent[];
  outages(): readonly Window[];
}

interface Entry {
  readonly kind: FaultEventKind;
  readonly pid: number | undefined;
  readonly fromMs: number;
  toMs: number | undefined;
}

const closed = <T extends { readonly fromMs: number; toMs: number | undefined }>(entry: T) => ({
  ...entry,
  toMs: entry.toMs ?? Number.POSITIVE_INFINITY,
});

/** Creates an empty timeline. */
export const createTimeline = (): Timeline => {
  const faults: Entry[] = [];
  const outages: { fromMs: number; toMs: number | undefined }[] = [];
  const held: HeldEnd[] = [];
  return {
    hold: (taskIds) => {
      const atMs = machineNowMs();
      held.push(...[...new Set(taskIds)].map((taskId) => ({ taskId, atMs })));
    },
    held: () => held,
    begin: (kind, pid) => {
      const entry: Entry = { kind, pid, fromMs: machineNowMs(), toMs: undefined };
      faults.push(entry);
      return () => {
        entry.toMs = machineNowMs();
      };
    },
    strike: (kind, pid) => {
      const nowMs = machineNowMs();
      faults.push({ kind, pid, fromMs: nowMs, toMs: nowMs });
    },
    beginOutage: () => {
      const outage: { fromMs: number; toMs: number | undefined } = {
        fromMs: machineNowMs(),
        toMs: undefined,
      };
      outages.push(outage);
      return (lingerMs = 0) => {
        outage.toMs = machineNowMs() + lingerMs;
      };
    },
    faults: () => faults.map(closed),
    outages: () => outages.map(closed),
  };
};
