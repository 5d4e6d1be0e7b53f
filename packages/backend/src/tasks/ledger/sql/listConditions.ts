/** Whether a time is one of `OldTimes`, in SQL. */
export const toOldCondition = (
  column: string,
  [until, aheadOf]: readonly [until: string, aheadOf: string],
): string => `(${column} <= ${until} OR ${column} > ${aheadOf})`;

/** Whether an id is one of those up to another one, in SQL; every one is up to `NULL`. */
export const toIdLimit = (untilId: string): string => `id <= COALESCE(${untilId}, id)`;
