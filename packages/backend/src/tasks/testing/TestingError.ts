/** A test asks the testing kit for something that it cannot do; the message says what. Thrown. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
}

/**
 * Refuses what a test asks for when anything is wrong with it.
 *
 * @throws TestingError listing the problems.
 */
export const refuseTest = (problems: readonly (string | undefined)[]): void => {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new TestingError(found.join('; '));
};
