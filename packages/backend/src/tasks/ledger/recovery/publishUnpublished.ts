import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerError } from '../LedgerError';
import { type OutboxClaim, type UnfinishedTask, type UnpublishedTasks } from '../LedgerOutbox';
import { publishTasks } from '../publishTasks';
import { type ReconcileError, toLedgerFailure } from '../ReconcileError';
import { type LocatedTasks, type NamedTask, toAbsent, toIds, walkPages, walkPlaces } from '../walkPlaces';
import { createProgressClock, type ProgressClock } from './ProgressClock';
import { leaveUnlocated, type Recovery } from './Recovery';
import { writeEnds } from './writeEnds';

/** Before it is looked again for what another process has claimed; milliseconds. */
const PAUSE_MS = 100;

/** So many tasks are seen to in one go: it takes a text and a number for each to know which they are. */
const MAX_AWAITED = 10_000;

const CLAIMED_ELSEWHERE = 'another process has claimed it, and has not put it on its queue yet';

/** Counts what `publishUnpublished` would do. */
export const previewUnpublished = (recovery: Recovery): Promise<Result<void, ReconcileError>> => {
  const { ledger, findPlaces, batchSize, old: created, untilId, tally } = recovery;
  return walkPages({
    findPlaces,
    pageSize: batchSize,
    list: (page) => ledger.outbox.listUnpublished({ ...page, created, untilId }),
    onLeft: leaveUnlocated(recovery),
    act: async (located) => {
      const publishedCount = toAbsent(located).length;
      tally.add(located.taskName, { checkedCount: located.tasks.length, publishedCount });
      await writeEnds(recovery, located);
      return ok();
    },
  });
};

/** Tasks that are to get onto their queues. */
interface Awaited {
  readonly ids: ReadonlySet<TaskId>;
  /** Whether some of them do. */
  readonly progress: ProgressClock;
}

/**
 * Puts all tasks on their queues that are on none; those that other processes have claimed are waited for as long as some get
 * there. While a clock is ahead others may go on coming that are taken too: only those count that were there before.
 *
 * @param lostIds Those that are counted as checked already.
 */
export const publishUnpublished = async (
  recovery: Recovery,
  lostIds: ReadonlySet<TaskId>,
): Promise<Result<void, ReconcileError>> => {
  for (;;) {
    const listed = await listAwaited(recovery);
    if (listed.isErr()) return err(toLedgerFailure(listed.error));
    const awaited = { ids: new Set(toIds(listed.value)), progress: createProgressClock(recovery) };
    const published = await publishAwaited(recovery, awaited, lostIds);
    if (published.isErr() || listed.value.length < MAX_AWAITED) return published;
  }
};

const publishAwaited = async (
  recovery: Recovery,
  awaited: Awaited,
  lostIds: ReadonlySet<TaskId>,
): Promise<Result<void, ReconcileError>> => {
  const { ids, progress } = awaited;
  for (;;) {
    const claimedCount = await publishClaimed(recovery, awaited, lostIds);
    if (claimedCount.isErr()) return err(claimedCount.error);
    if (claimedCount.value === recovery.batchSize && !progress.isOverdue()) continue;
    const listed = await listAwaited(recovery);
    if (listed.isErr()) return err(toLedgerFailure(listed.error));
    const elsewhere = listed.value.filter(({ id }) => ids.has(id));
    if (elsewhere.length === 0) return ok();
    progress.see(`${elsewhere.length} to ${elsewhere.at(-1)?.id}`);
    if (progress.isOverdue()) return ok(leaveAll(recovery, elsewhere, lostIds));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
};

/** Claims a batch, and puts it on its queues; answers how many were claimed. */
const publishClaimed = async (
  recovery: Recovery,
  awaited: Awaited,
  lostIds: ReadonlySet<TaskId>,
): Promise<Result<number, ReconcileError>> => {
  const { ledger, tally } = recovery;
  const claimed = await ledger.outbox.claim(toClaim(recovery));
  if (claimed.isErr()) return err(toLedgerFailure(claimed.error));
  const rows = [...claimed.value.tasks, ...claimed.value.unreadable];
  if (rows.some(({ id }) => awaited.ids.has(id) && !tally.isLeft(id))) awaited.progress.moved();
  const settled = await settleClaimed(recovery, claimed.value, lostIds);
  return settled.map(() => rows.length);
};

const toClaim = ({ batchSize: limit, leaseMs, now, old: created, untilId }: Recovery): OutboxClaim => ({
  limit,
  untilId,
  created,
  nowMs: now(),
  leaseMs,
});

/** A task whose publication was not even noted, by a process that died or is slow, may be on its queue, or have ended. */
const settleClaimed = async (
  recovery: Recovery,
  { tasks, unreadable }: UnpublishedTasks,
  lostIds: ReadonlySet<TaskId>,
): Promise<Result<void, ReconcileError>> => {
  const { ledger, findPlaces, tally } = recovery;
  const rows: readonly NamedTask[] = [...tasks, ...unreadable];
  const settled = await walkPlaces(rows, {
    findPlaces,
    onLeft: leaveUnlocated(recovery, lostIds),
    act: (located) => {
      const unknown = located.tasks.filter(({ id }) => !lostIds.has(id) && !tally.isLeftChecked(id));
      tally.add(located.taskName, { checkedCount: unknown.length });
      const absentIds = new Set(toIds(toAbsent(located)));
      return settleName(recovery, located, {
        tasks: tasks.filter(({ id }) => absentIds.has(id)),
        unreadable: unreadable.filter(({ id }) => absentIds.has(id)),
      });
    },
  });
  // For a relay that reaches Redis before this lease is over.
  if (settled.isErr() && settled.error.code === 'queue-unavailable') await ledger.outbox.release(toIds(rows));
  return settled;
};

const settleName = async (
  recovery: Recovery,
  located: LocatedTasks,
  absent: UnpublishedTasks,
): Promise<Result<void, LedgerError>> => {
  const { ledger, publish, now, tally } = recovery;
  const { outbox } = ledger;
  const onQueue = located.tasks.filter((_task, index) => located.places[index]?.kind === 'unfinished');
  const marked = await outbox.markPublished(toIds(onQueue));
  if (marked.isErr()) return err(marked.error);
  const published = await publishTasks({ outbox, publish, ...absent, isClaimed: true, nowMs: now() });
  if (published.isErr()) return err(published.error);
  for (const { id } of located.tasks) tally.settle(id);
  for (const { task, error } of published.value.unplaced) tally.leave(task, error.message);
  tally.add(located.taskName, { publishedCount: published.value.placedCount });
  await writeEnds(recovery, located);
  return ok();
};

/** The first of the tasks that are on no queue and are not left. */
const listAwaited = async ({
  ledger,
  tally,
  old: created,
  untilId,
}: Recovery): Promise<Result<readonly UnfinishedTask[], LedgerError>> => {
  const limit = MAX_AWAITED + tally.leftCount();
  const listed = await ledger.outbox.listUnpublished({ limit, created, untilId });
  return listed.map((tasks) => tasks.filter(({ id }) => !tally.isLeft(id)));
};

const leaveAll = (
  { tally }: Recovery,
  tasks: readonly UnfinishedTask[],
  lostIds: ReadonlySet<TaskId>,
): void => {
  for (const task of tasks) {
    tally.add(task.taskName, { checkedCount: lostIds.has(task.id) ? 0 : 1 });
    tally.leave(task, CLAIMED_ELSEWHERE);
  }
};
