import { createHash } from 'node:crypto';

/** Where Redis keeps recurring schedules; the braces keep all of them in one slot of a cluster. */
export interface ScheduleKeys {
  /** Hash: id to what was asked for, as JSON. */
  readonly stored: string;
  /** Sorted set: ids of enabled schedules by their next run. */
  readonly due: string;
  /** Sorted set: ids of paused schedules by the run that was next when they were paused. */
  readonly paused: string;
  /** Hash: id to the time of the last run. */
  readonly last: string;
  /** Sorted set: runs that were claimed and are not on the queue yet, `<due>:<id>`, by the time of the claim. */
  readonly pending: string;
}

/** The keys of a prefix. No caller's text is a part of them: ids are fields and members. */
export const toScheduleKeys = (prefix: string): ScheduleKeys => {
  const stored = `${prefix}:{tasks}:schedules`;
  return {
    stored,
    due: `${stored}:due`,
    paused: `${stored}:paused`,
    last: `${stored}:last`,
    pending: `${stored}:pending`,
  };
};

/** What a script compares instead of a whole schedule, payload included; Redis's `sha1hex` of the same text. */
export const toFingerprint = (text: string): string => createHash('sha1').update(text).digest('hex');
