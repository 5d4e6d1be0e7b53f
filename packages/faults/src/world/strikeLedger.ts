import { type DatabaseFault, type PublisherFault } from '../plan/Scenario';
import { type FaultDatabase } from './FaultDatabase';
import { type FaultProxy } from './FaultProxy';
import { matcherOf } from './matcherOf';
import { type SchedulerProcess } from './SchedulerProcess';
import { type Timeline } from './Timeline';
import { type WorkerPool } from './WorkerPool';

/** What faults of a ledger act on. */
export interface LedgerTarget {
  /** Undefined when the ledger is off. */
  readonly database: FaultDatabase | undefined;
  /** Undefined when the bench schedules itself. */
  readonly scheduler: SchedulerProcess | undefined;
  /** Between Redis and those that only schedule or relay. */
  readonly detour: FaultProxy;
  /** Processes that only relay. */
  readonly relays: WorkerPool;
  readonly timeline: Timeline;
}

/** The workers may have left nothing for the relay to send; milliseconds. */
const PACKET_PATIENCE_MS = 3000;

/** Kills a process that schedules or relays. */
export const strikePublisher = async (
  fault: PublisherFault,
  { scheduler, relays, detour, timeline }: LedgerTarget,
): Promise<void> => {
  switch (fault.kind) {
    case 'kill-scheduler':
      timeline.strike(fault.kind);
      return scheduler?.kill();
    case 'kill-relay': {
      const { nth } = fault;
      const matches = matcherOf('add');
      if ((await detour.holdRequest({ matches, nth, patienceMs: PACKET_PATIENCE_MS })) === undefined) return;
      timeline.strike(fault.kind);
      const relay = relays.at(0);
      relay?.kill();
      await relay?.ended;
      await Bun.sleep(fault.restartAfterMs);
      return relays.restart(0);
    }
  }
};

/** Takes the database away for a while. */
export const strikeDatabase = async (
  fault: DatabaseFault,
  { database, timeline }: LedgerTarget,
): Promise<void> => {
  if (database === undefined) return;
  const endOutage = timeline.beginOutage();
  const giveBack = await database.takeAway(fault.kind);
  // Before that it may still have answered somebody.
  const end = timeline.begin(fault.kind);
  await Bun.sleep(fault.forMs);
  await giveBack();
  end();
  endOutage();
};
