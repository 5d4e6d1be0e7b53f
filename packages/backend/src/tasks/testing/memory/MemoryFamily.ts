import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskEnd } from '../../domain/TaskEnd';
import { type TaskId } from '../../domain/TaskId';
import { answerCancellation } from '../../ledger/answerCancellation';
import { type EndWait, WaitError } from '../../queue/TaskEnds';
import { type AcceptedCall, type ScheduleCall } from '../../scheduler/CallCheck';
import { placeTask, toDisposition } from '../../scheduler/ScheduleCall';
import { type ScheduleTarget } from '../../scheduler/ScheduleTarget';
import { type TaskFamily } from '../../worker/TaskFamily';
import { type CallRecords } from './CallRecords';
import { cancelMemoryTask } from './cancelMemoryTask';
import { type MemoryQueue } from './MemoryQueue';
import { toEnd } from './MemorySighting';
import { withInjected } from './MemoryTarget';
import { hasEnded } from './MemoryTask';
import { type TestClock } from './TestClock';

interface MemoryFamilyOptions {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly clock: TestClock;
  readonly queue: MemoryQueue;
  readonly target: ScheduleTarget;
  /** A handler makes a call, whatever becomes of it: what it names may be no definition. */
  onCall(call: ScheduleCall): void;
  readonly records: CallRecords;
}

/** How the handlers of a test schedule other tasks and wait for them: in memory, by the clock of the test. */
export const createMemoryFamily = ({
  appConfig,
  logger,
  clock,
  queue,
  target,
  onCall,
  records,
}: MemoryFamilyOptions): TaskFamily => {
  const publishedIds = new Set<TaskId>();
  return {
    appConfig,
    draining: new AbortController().signal,
    schedule: async <Output>(call: ScheduleCall) => {
      onCall(call);
      const accept = records.begin(call);
      const placed = withInjected(await placeTask<Output>({ target, appConfig }, call));
      if (placed.isOk()) accept(placed.value);
      return placed;
    },
    publish: async (job, call: AcceptedCall) => {
      onCall(call);
      const accept = records.begin(call);
      const published = await target.publish(job, call);
      // A later attempt publishes the children again that it finds unended.
      if (published.isErr() || publishedIds.has(job.id)) return published;
      publishedIds.add(job.id);
      accept({
        id: published.value,
        disposition: toDisposition(published.value === job.id, call.deduplication),
      });
      return published;
    },
    ends: { wait: (_taskName, id, wait) => waitForEnd(id, wait, { clock, queue }) },
    cancel: async ({ id, name }, reason) => {
      const nowMs = clock.nowMs();
      answerCancellation(id, await cancelMemoryTask({ queue, taskName: name, id, reason, nowMs }), logger);
    },
  };
};

const waitForEnd = (
  id: TaskId,
  { timeoutMs, signal }: EndWait,
  { clock, queue }: Pick<MemoryFamilyOptions, 'clock' | 'queue'>,
): Promise<Result<TaskEnd, WaitError>> =>
  new Promise((resolve) => {
    const look = (): TaskEnd | undefined => {
      const task = queue.get(id);
      if (task === undefined) return { kind: 'removed' };
      return hasEnded(task) ? toEnd(task) : undefined;
    };
    const settle = (answer: Result<TaskEnd, WaitError>): void => {
      stopTimer();
      stopWatching();
      signal?.removeEventListener('abort', abort);
      resolve(answer);
    };
    const abort = (): void => settle(err(new WaitError('the wait was called off', 'aborted')));
    const give = (end: TaskEnd | undefined): void => void (end !== undefined && settle(ok(end)));
    const giveUp = (): void =>
      settle(err(new WaitError(`the task has not ended within ${timeoutMs} ms`, 'timed-out')));
    const stopTimer = clock.setTimer(giveUp, timeoutMs);
    const stopWatching = queue.watch((task) => void (task.id === id && give(look())));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) return abort();
    give(look());
    if (timeoutMs === 0) giveUp();
  });
