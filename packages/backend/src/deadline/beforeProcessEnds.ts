/**
 * Module state, and why: the process has one end, and a listener for each ledger that a process ever opens would be
 * too many for it.
 */
const waiting = new Set<() => void>();

const actAll = (): void => {
  const acts = [...waiting];
  waiting.clear();
  for (const act of acts) act();
};

/**
 * Acts once when nothing else keeps the process: what it begins then keeps it until that is done. Not when the process is
 * ended by `process.exit`, a signal or an error.
 *
 * @returns What keeps it from acting.
 */
export const beforeProcessEnds = (act: () => void): (() => void) => {
  if (waiting.size === 0) process.once('beforeExit', actAll);
  waiting.add(act);
  return () => {
    waiting.delete(act);
    if (waiting.size === 0) process.off('beforeExit', actAll);
  };
};
