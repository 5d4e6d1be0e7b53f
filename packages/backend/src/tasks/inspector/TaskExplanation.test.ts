import { describe, expect, it } from 'bun:test';
import { sampleRecord } from '../domain/__fixtures__/sampleRecord';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskSituation } from '../queue/readTaskSituation';
import { type ExplanationInput, toKeptExplanation, toTaskExplanation } from './TaskExplanation';

const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const [past, soon] = [new Date(NOW_MS - 1000), new Date(NOW_MS + 60_000)];

const record = sampleRecord({ scheduledAt: past });
const error = { message: 'SMTP is down', code: 'task-failed', attempt: 1 } as const;
const idle: TaskSituation = {
  task: { id: record.id, set: 'prioritized', fields: {} },
  isPaused: false,
  runningCount: 0,
  startCount: 0,
  periodEndsInMs: 0,
};

interface Given {
  readonly record?: Partial<TaskRecord>;
  readonly situation?: Partial<TaskSituation>;
  readonly rest?: Partial<ExplanationInput>;
}

const explain = (given: Given) =>
  toTaskExplanation({
    record: { ...record, ...given.record },
    situation: { ...idle, ...given.situation },
    workers: { count: 2 },
    isRegistered: true,
    maxStarts: undefined,
    childCount: 0,
    nowMs: NOW_MS,
    ...given.rest,
  });

const cancelRequest = { cancelRequestedAt: past, cancelReason: 'no longer wanted' };

const running = { status: 'running', attempt: 1 } as const;

const cases: [sentence: string, reasons: readonly string[], given: Given][] = [
  ['Nothing is known to hold the task back: a worker takes it next.', ['ready'], {}],
  ['Attempt 1 runs.', ['running', 'waiting-for-children'], { record: running, rest: { childCount: 3 } }],
  [
    'The task waits under the name emails:send, which no definition has.',
    ['unregistered', 'no-worker'],
    { rest: { isRegistered: false, workers: { count: 0 } } },
  ],
  [
    'The task is not due before 2026-01-01T12:01:00.000Z.',
    ['delayed', 'paused'],
    { record: { status: 'scheduled', dueAt: soon }, situation: { isPaused: true } },
  ],
  [
    'Nothing is known to hold the task back: a worker takes it next.',
    ['ready'],
    { record: { status: 'scheduled', dueAt: past } },
  ],
  [
    'The task waits until 2026-01-01T12:01:00.000Z for attempt 2: SMTP is down.',
    ['backing-off'],
    { record: { status: 'retrying', dueAt: soon, attempt: 1, error } },
  ],
  [
    'The task is to stop since 2026-01-01T11:59:59.000Z, and will not be run again: no longer wanted.',
    ['cancel-requested', 'backing-off'],
    { record: { status: 'retrying', dueAt: soon, attempt: 1, error, ...cancelRequest } },
  ],
  [
    'Attempt 1 runs.',
    ['running', 'cancel-requested'],
    { record: { status: 'running', attempt: 1, ...cancelRequest } },
  ],
  [
    'The queue is paused.',
    ['paused', 'no-worker'],
    { situation: { isPaused: true }, rest: { workers: { count: 0 } } },
  ],
  [
    'No worker takes emails:send.',
    ['no-worker', 'behind'],
    { situation: { aheadCount: 1 }, rest: { workers: { count: 0 } } },
  ],
  [
    'It is not known whether a worker is there: Redis does not list its clients (NOPERM).',
    ['workers-unknown'],
    { situation: { runningCount: 1 }, rest: { workers: { unknownBecause: 'NOPERM' } } },
  ],
  [
    'The rate limit allows no further start before 2026-01-01T12:00:05.000Z.',
    ['rate-limited'],
    { situation: { maxStarts: 3, startCount: 3, periodEndsInMs: 5000 }, rest: { maxStarts: 100 } },
  ],
  [
    'The rate limit allows no further start before 2026-01-01T12:00:05.000Z.',
    ['rate-limited'],
    { situation: { startCount: 4, periodEndsInMs: 5000 }, rest: { maxStarts: 3 } },
  ],
  [
    'Nothing is known to hold the task back: a worker takes it next.',
    ['ready'],
    { situation: { maxStarts: 3, startCount: 2, periodEndsInMs: 5000, maxConcurrency: 1 } },
  ],
  [
    'As many tasks run as may run at the same time: 2 of 2.',
    ['max-concurrency', 'behind', 'workers-busy'],
    { situation: { maxConcurrency: 2, runningCount: 2, aheadCount: 4 } },
  ],
  ['1 task of the same name will be taken first.', ['behind'], { situation: { aheadCount: 1 } }],
  [
    '4 tasks of the same name will be taken first.',
    ['behind', 'workers-busy'],
    { situation: { aheadCount: 4, runningCount: 1 } },
  ],
  [
    'The task waits for a free slot: 3 tasks on 2 workers.',
    ['workers-busy'],
    { situation: { runningCount: 3, aheadCount: 0 } },
  ],
  [
    'Nothing is known to hold the task back: a worker takes it next.',
    ['ready', 'expires'],
    { record: { expiresAt: soon } },
  ],
  [
    'Nothing is known to hold the task back: a worker takes it next.',
    ['ready'],
    { record: { expiresAt: soon, attempt: 1 } },
  ],
  [
    'Attempt 1 runs on w1 since 2026-01-01T11:59:59.000Z.',
    ['running'],
    {
      record: { status: 'running', attempt: 1, startedAt: past },
      situation: { isPaused: true, task: { ...idle.task, fields: { pb: 'w1' } } },
    },
  ],
  [
    'The task completed at 2026-01-01T11:59:59.000Z.',
    ['completed'],
    { record: { status: 'completed', endedAt: past } },
  ],
  [
    'The task failed at 2026-01-01T11:59:59.000Z: SMTP is down.',
    ['failed'],
    { record: { status: 'failed', endedAt: past, error } },
  ],
  [
    'The task was cancelled at 2026-01-01T11:59:59.000Z.',
    ['cancelled'],
    { record: { status: 'cancelled', endedAt: past } },
  ],
  [
    'The task was cancelled at 2026-01-01T11:59:59.000Z: no longer wanted.',
    ['cancelled'],
    { record: { status: 'cancelled', endedAt: past, cancelReason: 'no longer wanted' } },
  ],
];

describe('toTaskExplanation', () => {
  it.each(cases)('%s %j', (sentence, reasons, given) => {
    const explanation = explain(given);

    expect(explanation.sentence).toBe(sentence);
    expect(explanation.facts.map(({ reason }) => reason) as readonly string[]).toEqual(reasons);
  });

  it('carries the numbers behind its sentence', () => {
    const situation = {
      maxConcurrency: 2,
      runningCount: 2,
      aheadCount: 4,
      maxStarts: 3,
      startCount: 3,
      periodEndsInMs: 5000,
    };

    expect(explain({ situation, record: { expiresAt: past } }).facts).toEqual([
      { reason: 'rate-limited', maxStarts: 3, until: new Date(NOW_MS + 5000) },
      { reason: 'max-concurrency', maxConcurrency: 2, runningCount: 2 },
      { reason: 'behind', aheadCount: 4 },
      { reason: 'workers-busy', workerCount: 2, runningCount: 2 },
      { reason: 'expires', expiresAt: past, isExpired: true },
    ]);
  });
});

const keptCases: [sentence: string, reasons: readonly string[], given: Partial<TaskRecord>][] = [
  [
    'The task is in the ledger and not on its queue: it is put there when Redis takes it.',
    ['not-on-queue'],
    {},
  ],
  [
    'The task is in the ledger and not on its queue: it is put there when Redis takes it.',
    ['not-on-queue', 'delayed', 'expires'],
    { status: 'scheduled', dueAt: soon, expiresAt: soon },
  ],
  [
    'Attempt 1 runs since 2026-01-01T11:59:59.000Z.',
    ['running', 'not-on-queue', 'cancel-requested'],
    { ...running, startedAt: past, ...cancelRequest },
  ],
  ['The task completed at 2026-01-01T11:59:59.000Z.', ['completed'], { status: 'completed', endedAt: past }],
];

describe('toKeptExplanation', () => {
  it.each(keptCases)('%s %j', (sentence, reasons, given) => {
    const explanation = toKeptExplanation({ record: { ...record, ...given }, nowMs: NOW_MS });

    expect(explanation.sentence).toBe(sentence);
    expect(explanation.facts.map(({ reason }) => reason) as readonly string[]).toEqual(reasons);
  });
});
