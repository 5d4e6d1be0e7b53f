import { type Evidence, machineNowMs } from '../tasks/Evidence';
import { type LedgerReader } from './LedgerReader';
import { type OpenCall, taskIdOf } from './OpenCall';
import { type QueueReader } from './QueueReader';
import { type Timeline } from './Timeline';
import { type WorkerPool } from './WorkerPool';

/** How long tasks may take to end after everything was over; milliseconds. */
export const SETTLE_TIMEOUT_MS = 20_000;
const POLL_MS = 100;

interface SettledParts {
  readonly reader: QueueReader;
  /** Undefined when the ledger is off. */
  readonly ledger: LedgerReader | undefined;
  readonly timeline: Timeline;
}

/** Waits until every task has ended, for as long as the longest of them may still take. */
export const settleCalls = async (
  calls: readonly OpenCall[],
  { reader, ledger, timeline }: SettledParts,
): Promise<void> => {
  const outageEndMs = Math.max(0, ...timeline.outages().map(({ toMs }) => toMs));
  const dueMs = calls.map(({ calledAtMs, delayMs }) => calledAtMs + delayMs);
  const deadlineMs = Math.max(machineNowMs(), outageEndMs, ...dueMs) + SETTLE_TIMEOUT_MS;
  for (;;) {
    const isRecorded = ledger !== undefined && (await hasSettled(ledger, reader));
    const open = calls.filter((call) => call.settled === undefined && taskIdOf(call.acknowledgement));
    const byTask = new Map(open.map((call) => [taskIdOf(call.acknowledgement) ?? '', call]));
    const { ended, unfinished } = await reader.sortByEnd([...byTask.keys()]);
    for (const taskId of ended) {
      const call = byTask.get(taskId);
      if (call !== undefined) call.settled = await reader.read(taskId);
    }
    // A task whose call has no certain answer need not be there.
    const isQueueOver = open.every(
      (call) =>
        call.settled !== undefined ||
        (call.acknowledgement?.kind === 'unknown' &&
          !unfinished.includes(taskIdOf(call.acknowledgement) ?? '')),
    );
    // What Redis has forgotten the ledger knows.
    if ((ledger === undefined ? isQueueOver : isRecorded) || machineNowMs() > deadlineMs) return;
    await Bun.sleep(POLL_MS);
  }
};

const hasSettled = async (ledger: LedgerReader, reader: QueueReader): Promise<boolean> =>
  (await ledger.countOpen()) === 0 && (await reader.countUnfinished()) === 0;

/** Waits for runs that go on although their task has ended: they must change nothing. */
export const endRuns = async (
  pool: WorkerPool,
  readEvidence: () => Promise<readonly Evidence[]>,
): Promise<void> => {
  const deadlineMs = performance.now() + 3000;
  while (performance.now() < deadlineMs) {
    const evidence = await readEvidence();
    const ended = new Set(evidence.filter(({ event }) => event === 'end').map(({ run }) => run));
    const living = new Set(pool.living().map(({ pid }) => pid));
    if (evidence.every(({ run, pid }) => ended.has(run) || !living.has(pid))) break;
    await Bun.sleep(POLL_MS);
  }
  await Bun.sleep(POLL_MS); // the last result reaches Redis
};
