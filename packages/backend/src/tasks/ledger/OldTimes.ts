/** Which of the times in the ledger are old. They are those of the clocks of the processes that wrote them, and one may have been ahead. */
export interface OldTimes {
  /** Those until this moment; milliseconds since 1970. */
  readonly untilMs: number;
  /** And those later than this one, by a clock that was ahead; milliseconds since 1970. */
  readonly aheadOfMs: number;
}

/**
 * The times that are as old as an age, and those that are as far ahead: they would only get young when their moment has come.
 *
 * @param nowMs Milliseconds since 1970.
 * @param ageMs Milliseconds, >= 0; of 0 every time is old.
 */
export const toOldTimes = (nowMs: number, ageMs: number): OldTimes => ({
  untilMs: nowMs - ageMs,
  aheadOfMs: nowMs + ageMs,
});
