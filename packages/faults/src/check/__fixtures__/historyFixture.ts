import { type Evidence } from '../../tasks/Evidence';
import {
  type Bounds,
  type CallHistory,
  type FaultEvent,
  type History,
  type LedgerHistory,
  type LedgerTask,
  type LogLine,
  type ProcessHistory,
  type TaskSnapshot,
} from '../History';

/** The worker of a healthy history. */
export const PID = 100;

/** Another process of the same history, when a test has one. */
export const OTHER_PID = 200;

/** When a call is made, so that the calls of a history do not overlap; milliseconds. */
export const calledAtMsOf = (call: number): number => 2000 + 1000 * call;

/** What a healthy history is measured with: its recovery bound is 3500 ms. */
export const bounds: Bounds = {
  lockMs: 1500,
  stalledIntervalMs: 500,
  drainTimeoutMs: 2000,
  maxCrashes: 3,
  noiseMs: 0,
};

/** A task that ended as its handler did, at once. */
export const toSnapshot = (overrides: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
  homes: ['completed'],
  attemptsMade: 1,
  crashCount: 0,
  value: '1',
  failedReason: undefined,
  finishedOnMs: undefined,
  view: { status: 'completed', reason: undefined },
  ...overrides,
});

/** A task that ended as failed, for a reason. */
export const toFailedSnapshot = (reason: string, overrides: Partial<TaskSnapshot> = {}): TaskSnapshot =>
  toSnapshot({
    homes: ['failed'],
    value: undefined,
    failedReason: 'no',
    view: { status: 'failed', reason },
    ...overrides,
  });

/** A call that was acknowledged after 10 ms and whose task ended 180 ms after it. */
export const toCall = (call: number, overrides: Partial<CallHistory> = {}): CallHistory => {
  const calledAtMs = overrides.calledAtMs ?? calledAtMsOf(call);
  const ended = toSnapshot({ finishedOnMs: calledAtMs + 180 });
  return {
    call,
    correlationId: `correlation-${call}`,
    payload: { call, behaviour: { kind: 'sleep', ms: 150 } },
    maxAttempts: 3,
    calledAtMs,
    answeredAtMs: calledAtMs + 10,
    delayMs: 0,
    acknowledgement: { kind: 'acknowledged', taskId: `task-${call}` },
    settled: ended,
    final: ended,
    ...overrides,
  };
};

interface RunOptions {
  /** Names the run. Default: `run-<call>`. */
  readonly run?: string;
  /** Default: 20 ms after its call. */
  readonly fromMs?: number;
  /** Undefined: it never ended by itself. Default: 150 ms after it began. */
  readonly toMs?: number | undefined;
  readonly pid?: number;
  readonly correlationId?: string;
}

/** What one run of a call leaves behind: a line at its start and, unless it never ended, one at its end. */
export const toEvidence = (call: number, options: RunOptions = {}): readonly Evidence[] => {
  const { run = `run-${call}`, fromMs = calledAtMsOf(call) + 20, pid = PID } = options;
  const toMs = 'toMs' in options ? options.toMs : fromMs + 150;
  const { correlationId = `correlation-${call}` } = options;
  const facts = { call, taskId: `task-${call}`, attempt: 1, correlationId, pid, run };
  return [
    { ...facts, event: 'start', atMs: fromMs },
    ...(toMs === undefined ? [] : [{ ...facts, event: 'end', atMs: toMs } as const]),
  ];
};

/** A line that a worker printed while a healthy history went on. */
export const toLine = (overrides: Partial<LogLine> = {}): LogLine => ({
  atMs: 2020,
  level: 'info',
  message: 'Task started',
  taskId: undefined,
  correlationId: undefined,
  text: overrides.message ?? 'Task started',
  ...overrides,
});

/** A line that a worker printed to standard error, at a time nobody knows. */
export const toStderrLine = (text: string): LogLine =>
  toLine({ atMs: undefined, level: 'stderr', message: text });

/** A worker that took tasks from 1 s to 20 s, was then asked to stop, and did. */
export const toProcess = (overrides: Partial<ProcessHistory> = {}): ProcessHistory => ({
  pid: PID,
  name: 'worker-0',
  startedAtMs: 0,
  readyAtMs: 1000,
  killedAtMs: undefined,
  stopRequestedAtMs: [20_000],
  endedAtMs: 20_500,
  exitCode: 0,
  suspensions: [],
  cpu: [],
  lines: [toLine({ atMs: 1000, message: 'Worker started' })],
  ...overrides,
});

/** A worker that was killed. */
export const toKilledProcess = (
  killedAtMs: number,
  overrides: Partial<ProcessHistory> = {},
): ProcessHistory =>
  toProcess({ killedAtMs, stopRequestedAtMs: [], endedAtMs: killedAtMs, exitCode: null, ...overrides });

/** A fault that struck everybody. */
export const toFault = (overrides: Partial<FaultEvent> = {}): FaultEvent => ({
  kind: 'kill-redis',
  pid: undefined,
  fromMs: 2050,
  toMs: 2060,
  ...overrides,
});

/** The row of a call's task, which completed with its first attempt 180 ms after the call. */
export const toLedgerTask = (call: number, overrides: Partial<LedgerTask> = {}): LedgerTask => ({
  taskId: `task-${call}`,
  correlationId: `correlation-${call}`,
  status: 'completed',
  publishedAtMs: calledAtMsOf(call) + 10,
  completedAtMs: calledAtMsOf(call) + 180,
  attempts: [{ outcome: 'completed', endedAtMs: calledAtMsOf(call) + 180 }],
  effectCount: 0,
  ...overrides,
});

/** The ledger of a healthy history, but for these rows. */
export const toLedger = (
  tasks: readonly LedgerTask[] = [toLedgerTask(0), toLedgerTask(1)],
  unfinishedJobCount = 0,
): LedgerHistory => ({ tasks, unfinishedJobCount, heldEnds: [] });

/** Two calls, one worker, a run of each, and nothing that went wrong: every invariant holds. */
export const toHistory = (overrides: Partial<History> = {}): History => ({
  scenario: { name: 'healthy', seed: 1, workerCount: 1, concurrency: 5, loads: [], faults: [] },
  bounds,
  startedAtMs: 1000,
  texts: {
    strayError: 'An error reached no one',
    dataLoss: 'Redis has lost its data',
    clocks: 'Redis: expected the clocks',
  },
  calls: [toCall(0), toCall(1)],
  evidence: [...toEvidence(0), ...toEvidence(1)],
  processes: [toProcess()],
  faults: [],
  outages: [],
  keys: { before: ['{drover}:work:meta'], after: ['{drover}:work:meta'] },
  strayErrors: [],
  ...overrides,
});
