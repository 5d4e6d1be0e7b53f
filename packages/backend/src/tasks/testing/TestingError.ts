/** A test asks the testing kit for something that it cannot do; the message says what. Thrown. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
}
