/**
 * The board was asked for something that would harm a task, that failed, or that was done in part; it shows the message to
 * whoever asked.
 */
export class BoardRefusal extends Error {
  override readonly name = 'BoardRefusal';
  /** Read by Bull Board, which answers with it. */
  readonly statusCode = 400;
}
