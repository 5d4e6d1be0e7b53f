import { envelopeFields } from '../../domain/envelopeFields';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskEnvelope } from '../../domain/TaskEnvelope';
import { type TaskId } from '../../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../../domain/TaskRecord';
import { type TaskStatus } from '../../domain/TaskStatus';
import { type StepChange, type StoredStep } from '../../domain/TaskStep';
import { type HeldCancellation } from '../../queue/Cancellation';
import { type ChildStore } from '../../queue/ChildStore';
import { valueFields } from '../../queue/TaskRecordReader';
import { type MemorySteps } from './MemorySteps';

/** Where the testing kit holds a task: waiting for its turn or for its time, running, or ended. */
type TaskPlace = 'line' | 'later' | 'running' | 'completed' | 'failed' | 'cancelled';

/** A task in the memory of the testing kit. What changes in its life is not readonly. */
export interface MemoryTask {
  readonly id: TaskId;
  readonly task: TaskDefinition<unknown>;
  /** When it was scheduled; milliseconds since 1970, as all times here. */
  readonly scheduledAtMs: number;
  readonly maxAttempts: number;
  /** Under which another call finds it; given up when it ends unless it has a time of its own. */
  readonly deduplicationKey: string | undefined;
  envelope: { -readonly [Field in keyof TaskEnvelope]: TaskEnvelope[Field] };
  /** BullMQ's number: the lowest first. */
  jobPriority: number;
  /** How long its first attempt was put off; milliseconds. */
  delayMs: number;
  place: TaskPlace;
  /** When it may run. */
  dueMs: number;
  /** Its number in the line of those that may run now. */
  turn: number;
  attemptsMade: number;
  /** Whether it waits for another attempt because the one before failed. */
  isRetrying: boolean;
  startedAtMs?: number;
  endedAtMs?: number;
  value?: unknown;
  error?: StoredTaskError | undefined;
  cancelReason?: string | undefined;
  /** Whether it was asked to stop while it ran. */
  readonly cancellation: HeldCancellation;
  /** JSON of what the handler reported last; absent: nothing. */
  progressJson?: string;
  /** The newest lines that the handler logged with `ctx.log`, and how many it has logged. */
  logs: readonly string[];
  logCount: number;
  readonly steps: MemorySteps;
  readonly children: ChildStore;
  /** How often a worker has taken it. */
  takenCount: number;
}

/** Whether a task has ended. */
export const hasEnded = ({ place }: MemoryTask): boolean =>
  place === 'completed' || place === 'failed' || place === 'cancelled';

/** Where a task is, in the words of its users. */
export const toStatus = ({ place, attemptsMade }: MemoryTask): TaskStatus => {
  switch (place) {
    case 'line':
      return attemptsMade > 0 ? 'retrying' : 'pending';
    case 'later':
      return attemptsMade > 0 ? 'retrying' : 'scheduled';
    default:
      return place;
  }
};

const toAttempt = ({ place, attemptsMade, error }: MemoryTask): number => {
  if (place === 'running') return attemptsMade + 1;
  return place === 'failed' && error !== undefined ? error.attempt : attemptsMade;
};

const toDate = (field: 'startedAt' | 'endedAt' | 'dueAt' | 'cancelRequestedAt', ms: number | undefined) =>
  ms === undefined ? {} : { [field]: new Date(ms) };

const progressField = (task: MemoryTask) =>
  task.progressJson === undefined ? {} : { progress: JSON.parse(task.progressJson) as unknown };

const stepsField = (steps: readonly StoredStep[]) =>
  steps.length === 0
    ? {}
    : {
        steps: steps
          .toSorted((one, other) => one.place - other.place)
          .map(({ name, place, endedAtMs }) => ({ name, place, endedAt: new Date(endedAtMs) })),
      };

const changeField = (stepsChange: StepChange | undefined) =>
  stepsChange === undefined ? {} : { stepsChange };

/** What an inspector would answer of the task; a copy, as each of its callers has one. */
export const toTaskRecord = (task: MemoryTask): TaskRecord => structuredClone(toOwnRecord(task));

const toOwnRecord = (task: MemoryTask): TaskRecord => {
  const { place, value, error, cancelReason } = task;
  return {
    id: task.id,
    name: task.task.queueName,
    status: toStatus(task),
    ...envelopeFields(task.envelope),
    attempt: toAttempt(task),
    maxAttempts: task.maxAttempts,
    crashCount: 0,
    scheduledAt: new Date(task.scheduledAtMs),
    ...toDate('dueAt', place === 'later' ? task.dueMs : undefined),
    ...toDate('startedAt', task.startedAtMs),
    ...toDate('endedAt', task.endedAtMs),
    ...(place === 'completed' ? valueFields(value) : {}),
    ...(error === undefined || place === 'completed' ? {} : { error }),
    ...toDate('cancelRequestedAt', task.cancellation.request?.requestedAt.getTime()),
    ...(cancelReason === undefined ? {} : { cancelReason }),
    ...progressField(task),
    ...stepsField(task.steps.list()),
    ...changeField(task.steps.change()),
  };
};
