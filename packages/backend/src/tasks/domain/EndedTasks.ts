/** When a task that has ended was due, ran and ended; milliseconds since 1970. */
export interface EndedTask {
  readonly endedAtMs: number;
  /** When its last attempt began; absent when none did. */
  readonly startedAtMs?: number;
  /** When it was due; absent unless the attempt that ended it was the first one that a worker took. */
  readonly dueAtMs?: number;
  /** Whether it completed with a skip. */
  readonly isSkipped: boolean;
}

/** The newest tasks of a queue that have ended in one way. */
export interface EndedTasks {
  /** Newest first. */
  readonly newest: readonly EndedTask[];
  /** Whether others, older than `newest`, were left out though they ended within the time that was asked for. */
  readonly isCut: boolean;
  /** All tasks of this kind that Redis keeps. */
  readonly keptCount: number;
  /** When the oldest of them ended; absent when it keeps none. */
  readonly oldestKeptAtMs?: number;
}
