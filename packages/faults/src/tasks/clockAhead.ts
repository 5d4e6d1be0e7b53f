/** The environment variable with the milliseconds that the process's clock is ahead. */
export const CLOCK_AHEAD_MS = 'FAULT_CLOCK_AHEAD_MS';

/**
 * Sets the clock of this process wrong: `Date` is ahead of the machine by what the environment says. Timers and
 * `performance` go on as they are, as they do on a machine whose clock is wrong.
 */
export const setClockAhead = (): void => {
  const aheadMs = Number(process.env[CLOCK_AHEAD_MS] ?? 0);
  if (aheadMs === 0) return;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args: ConstructorParameters<typeof RealDate> | []) {
      if (args.length === 0) super(RealDate.now() + aheadMs);
      else super(...(args as ConstructorParameters<typeof RealDate>)); // the same arguments, whichever they are
    }

    static override now(): number {
      return RealDate.now() + aheadMs;
    }
  } as DateConstructor; // callable without `new` too, which nobody does
};
