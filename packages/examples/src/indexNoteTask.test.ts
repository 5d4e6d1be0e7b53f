// #region test
import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';

const setup = () => {
  const logger = getMockedLogger();
  return { logger, ctx: { correlationId: CorrelationId(), logger, attempt: 1, maxAttempts: 3 } };
};

describe('indexNoteTask', () => {
  it('counts the words of a note and logs its id', async () => {
    const { ctx, logger } = setup();
    const result = await indexNoteTask.handler({ noteId: 'n1', text: 'two  words' }, ctx);
    expect(result._unsafeUnwrap()).toEqual({ wordCount: 2 });
    expect(logger.info).toHaveBeenCalledWith('Indexing a note', { noteId: 'n1', attempt: 1 });
  });

  it('gives up on an empty note at once', async () => {
    const { ctx } = setup();
    const result = await indexNoteTask.handler({ noteId: 'n1', text: ' ' }, ctx);
    expect(result._unsafeUnwrapErr()).toMatchObject({ code: 'fatal', metadata: { noteId: 'n1' } });
  });

  it('refuses a payload without a text', () => {
    const refused = indexNoteTask.validator({ noteId: 'n1' });
    expect(refused._unsafeUnwrapErr().message).toContain('text: ');
  });
});
// #endregion
