// #region test
import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { createTestContext, runTask } from '@backend/tasks/testing';
import { indexNoteTask } from './indexNoteTask';

describe('indexNoteTask', () => {
  it('counts the words of a note and logs its id', async () => {
    const logger = getMockedLogger();
    const ctx = createTestContext({ logger, attempt: 2 });
    const result = await indexNoteTask.handler({ noteId: 'n1', text: 'two  words' }, ctx);

    expect(result._unsafeUnwrap()).toEqual({ wordCount: 2 });
    expect(logger.info).toHaveBeenCalledWith('Indexing a note', { noteId: 'n1', attempt: 2 });
  });

  it('gives up on an empty note at once', async () => {
    expect(await runTask(indexNoteTask, { noteId: 'n1', text: ' ' })).toMatchObject({
      kind: 'failed',
      reason: 'fatal',
      error: { message: 'the note is empty', metadata: { noteId: 'n1' } },
    });
  });

  it('refuses a payload without a text', async () => {
    const payload = { noteId: 'n1' } as { noteId: string; text: string };

    expect(await runTask(indexNoteTask, payload)).toMatchObject({
      kind: 'failed',
      reason: 'invalid-payload',
    });
  });
});
// #endregion
