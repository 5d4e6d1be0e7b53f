/** How a command ends: everything is in place, something is left or did not work, or it was called wrongly. */
export const EXIT_CODES = { ok: 0, left: 1, usage: 2 } as const;

/** One of `EXIT_CODES`. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Where a command writes. */
export interface CommandOutput {
  /** What was asked for. */
  print(text: string): Promise<void>;
  /** What went wrong, or is worth knowing. */
  complain(text: string): Promise<void>;
}
