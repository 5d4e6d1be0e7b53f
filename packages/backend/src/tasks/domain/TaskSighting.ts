import { type TaskEnd, type TaskName, toTaskResult } from './TaskEnd';
import { type TaskEvent } from './TaskHandle';
import { type TaskStatus } from './TaskStatus';

/** What is known of a task while somebody looks on. */
export interface TaskSighting {
  readonly status: TaskStatus;
  /** JSON of what the handler reported last; absent when it reported nothing. */
  readonly progressJson?: string;
  /** Lines that the handler has logged so far, also those that are kept no more. */
  readonly logCount: number;
  /** Only of a task that has ended. */
  readonly end?: Exclude<TaskEnd, { readonly kind: 'removed' }>;
}

const toProgress = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    // Another program may have written anything.
    return json;
  }
};

/** The progress of a sighting; `undefined` when the handler reported nothing. */
export const progressOf = ({ progressJson }: TaskSighting): unknown =>
  progressJson === undefined ? undefined : toProgress(progressJson);

/** What is told between two looks at a task. Pure. */
export interface SightingChange {
  readonly task: TaskName;
  /** The look before; absent for the first one. */
  readonly before: TaskSighting | undefined;
  readonly now: TaskSighting;
  /** Lines that were logged since the look before, oldest first. */
  readonly lines: readonly string[];
}

/** Lists the events that a change is told in: lines first, so that the end of a task is the last. */
export const toTaskEvents = ({ task, before, now, lines }: SightingChange): readonly TaskEvent[] => {
  const told = lines.map((log) => ({ status: before?.status ?? now.status, log }));
  const hasProgress = now.progressJson !== undefined && now.progressJson !== before?.progressJson;
  if (before !== undefined && before.status === now.status && !hasProgress) return told;
  const progress = hasProgress ? { progress: progressOf(now) } : {};
  const error =
    now.end === undefined ? undefined : toTaskResult(task, now.end).match(() => undefined, identity);
  const state = { status: now.status, ...progress, ...(error === undefined ? {} : { error }) };
  // Who comes late sees first where the task is, then what it logged so far.
  return before === undefined && now.end === undefined ? [state, ...told] : [...told, state];
};

const identity = <T>(value: T): T => value;
