import { defineTask, TaskError } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';

/** Counts the words of a note. */
// #region task
export const indexNoteTask = defineTask({
  queueName: 'notes:index',
  schema: z.object({ noteId: z.string(), text: z.string() }),
  handler: async ({ noteId, text }, ctx) => {
    ctx.logger.info('Indexing a note', { noteId, attempt: ctx.attempt });
    const words = text.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) return err(TaskError.fatal('the note is empty', { noteId }));
    return ok({ wordCount: words.length });
  },
});
// #endregion
