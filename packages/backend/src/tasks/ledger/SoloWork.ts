/** Work that never runs twice at the same time. */
export interface SoloWork<Answer> {
  /** Begins the work, or joins what is under way. */
  run(): Promise<Answer>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/**
 * Creates work of which one piece runs at a time.
 *
 * @param work Never rejects.
 */
export const createSoloWork = <Answer>(work: () => Promise<Answer>): SoloWork<Answer> => {
  let running: Promise<Answer> | undefined;
  return {
    run: () => {
      running ??= work().finally(() => {
        running = undefined;
      });
      return running;
    },
    settled: async () => {
      await running;
    },
  };
};
