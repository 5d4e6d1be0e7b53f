/** Ids that a log line shows; a dead worker may have run a thousand tasks. */
const SHOWN_IDS = 10;

/** What a log line says of several tasks: how many, and the first ten ids. */
export const toTaskIdFacts = (
  taskIds: readonly string[],
): { readonly taskCount: number; readonly taskIds: readonly string[] } => ({
  taskCount: taskIds.length,
  taskIds: taskIds.slice(0, SHOWN_IDS),
});
