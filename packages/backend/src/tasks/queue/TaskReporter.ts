import { MAX_LOG_LINES, REPORT_INTERVAL_MS } from '../domain/TaskReport';

/** What a handler reported since the last write. */
export interface TaskReport {
  /** JSON of the newest progress; absent when there is no newer one. */
  readonly progressJson?: string;
  /** Newest lines, oldest first. */
  readonly lines: readonly string[];
}

/** Takes what a handler reports of its attempt, as often as it likes. */
export interface TaskReporter {
  progress(json: string): void;
  log(line: string): void;
  /** Writes what is left; what is reported after that is dropped. */
  close(): void;
}

interface TaskReporterOptions {
  /** Writes a report; must not reject. */
  write(report: TaskReport): Promise<void>;
  /** Calls back after so many milliseconds; must not hold the process. */
  later(callback: () => void, ms: number): void;
}

/**
 * Creates the reporter of one attempt. The first report is written at once, later ones at most every 250 ms, each with
 * the newest progress and the newest lines. While a write is not confirmed the next one waits, so that an outage of Redis
 * piles nothing up.
 */
export const createTaskReporter = ({ write, later }: TaskReporterOptions): TaskReporter => {
  let progressJson: string | undefined;
  let lines: string[] = [];
  let isResting = false;
  let isClosed = false;

  const send = async (): Promise<void> => {
    const report = { lines, ...(progressJson === undefined ? {} : { progressJson }) };
    progressJson = undefined;
    lines = [];
    await write(report);
  };
  const hasNews = (): boolean => progressJson !== undefined || lines.length > 0;
  const rest = (): void => {
    isResting = true;
    const written = send();
    later(() => {
      void written.then(() => {
        isResting = false;
        if (hasNews() && !isClosed) rest();
      });
    }, REPORT_INTERVAL_MS);
  };
  const note = (): void => {
    if (!isResting) rest();
  };
  return {
    progress: (json) => {
      if (isClosed) return;
      progressJson = json;
      note();
    },
    log: (line) => {
      if (isClosed) return;
      if (lines.length >= MAX_LOG_LINES) lines.shift();
      lines.push(line);
      note();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      // Sent before the end of the attempt on the same connection, which keeps the order.
      if (hasNews()) void send();
    },
  };
};
