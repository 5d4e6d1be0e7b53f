import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskAttempt, type TraceEntry } from '../ledger/LedgerHistory';
import { type TracedTask, toTaskTrace } from './TaskTrace';

const correlationId = CorrelationId();
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);

const sampleEntry = (given: Partial<TaskRecord> = {}, entry: Partial<TraceEntry> = {}): TraceEntry => ({
  task: {
    id: TaskId(),
    name: 'emails:send',
    status: 'completed',
    payload: null,
    attempt: 1,
    maxAttempts: 3,
    crashCount: 0,
    scheduledAt: at(0),
    ...given,
  },
  attempts: [],
  ...entry,
});

const traceOf = (entries: readonly TraceEntry[]) =>
  toTaskTrace({ correlationId, entries, isTruncated: false });

type Shape = readonly [id: string, children: readonly Shape[]];
const shapeOf = ({ task: { id }, children }: TracedTask): Shape => [id, children.map(shapeOf)];

describe('toTaskTrace', () => {
  it('hangs a task under the one that it does again, or that scheduled it', () => {
    const root = sampleEntry();
    const child = sampleEntry({ parentId: root.task.id });
    const retry = sampleEntry({ parentId: root.task.id, retriedFrom: child.task.id });
    const grandchild = sampleEntry({ parentId: retry.task.id });
    const another = sampleEntry();
    const entries = [root, child, retry, grandchild, another];
    const { roots, taskCount } = traceOf(entries);
    const [rootId, childId, retryId, grandchildId, anotherId] = entries.map(
      ({ task: { id } }) => id as string,
    );

    expect(taskCount).toBe(5);
    expect<unknown>(roots.map(shapeOf)).toEqual([
      [rootId, [[childId, [[retryId, [[grandchildId, []]]]]]]],
      [anotherId, []],
    ]);
  });

  it('makes a root of a task whose origin is not in the trace', () => {
    const orphan = sampleEntry({ parentId: TaskId(), retriedFrom: TaskId() });

    expect(traceOf([orphan]).roots).toMatchObject([{ task: orphan.task }]);
  });

  const ran = (number: number, start: number, end: number): TaskAttempt => ({
    number,
    startedAt: at(start),
    endedAt: at(end),
    outcome: 'retry',
  });
  const lost: TaskAttempt = { number: 1, endedAt: at(50), outcome: 'crashed' };

  it.each([
    ['none that has begun', sampleEntry(), {}],
    ['one that runs', sampleEntry({ startedAt: at(7) }), { waitMs: 7 }],
    [
      'several attempts',
      sampleEntry({ startedAt: at(30) }, { attempts: [ran(1, 4, 9), ran(2, 30, 50)] }),
      { waitMs: 4, runMs: 25 },
    ],
    [
      'one that was to run later',
      sampleEntry({}, { firstDueAt: at(20), attempts: [ran(1, 25, 26)] }),
      { waitMs: 5, runMs: 1 },
    ],
    ['a clock that is behind', sampleEntry({}, { attempts: [ran(1, -5, 1)] }), { waitMs: 0, runMs: 6 }],
    [
      'a worker that died at once',
      sampleEntry({ startedAt: at(60) }, { attempts: [lost, ran(2, 60, 70)] }),
      { runMs: 10 },
    ],
  ])('knows the times of %s', (_what, entry, times) => {
    const [root] = traceOf([entry]).roots;

    expect<unknown>(root).toEqual({ task: entry.task, attempts: entry.attempts, children: [], ...times });
  });
});
