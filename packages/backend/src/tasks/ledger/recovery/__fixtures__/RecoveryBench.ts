import { type TaskId } from '../../../domain/TaskId';
import { type RelayBench } from '../../__fixtures__/RelayBench';
import { type LedgerEntry } from '../../LedgerEntry';
import { type RecoveryOptions, type RecoveryParts } from '../Recovery';
import { type RecoveryReport } from '../RecoveryReport';
import { recoverTasks } from '../recoverTasks';

/** The name of most tasks. */
export const NAME = 'emails:send';

/** Recovers what a bench has. */
export const recover = async (
  { writer, outbox, findPlaces, publish }: RelayBench,
  options: RecoveryOptions = {},
  parts: Partial<RecoveryParts> = {},
): Promise<RecoveryReport> => {
  const ledger = { writer, outbox };
  const times = { leaseMs: 10_000, runningAgeMs: 60_000 };
  const given = { ledger, findPlaces, publish, batchSize: 7, ...times, ...parts };
  return (await recoverTasks(given, options))._unsafeUnwrap();
};

/** Checked, published, ended and left. */
export const countsOf = ({
  checkedCount,
  publishedCount,
  endedCount,
  leftCount,
}: RecoveryReport): number[] => [checkedCount, publishedCount, endedCount, leftCount];

/** Puts tasks on their queue. */
export const publishTasks = async (bench: RelayBench, ...given: readonly Partial<LedgerEntry>[]) => {
  const ids = await Promise.all(given.map((each) => bench.insert(each)));
  await bench.relay().look();
  return ids;
};

/** Writes that a worker ran the first attempt of a task at a moment; milliseconds since 1970. */
export const touch = ({ writer }: RelayBench, id: TaskId, touchedAtMs: number) =>
  writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: touchedAtMs }], touchedAtMs);
