import { type NewEntity } from '@backend/services/shared/Repository';
import { schedulerOf } from '@backend/services/shared/ServiceContext';
import { SharedService } from '@backend/services/shared/SharedService';
import { type WriteOptions } from '@backend/services/shared/WriteOptions';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { indexNoteTask } from './indexNoteTask';

/** A text with an id. */
export interface Note {
  readonly id: string;
  readonly text: string;
}

/** Keeps notes, and has each new one indexed. */
// #region service
export class NotesService extends SharedService<string, Note> {
  async create(
    data: NewEntity<Note>,
    { correlationId = CorrelationId(), userId }: WriteOptions = {},
  ): Promise<Result<Note, Error>> {
    const store = (checked: NewEntity<Note>) => this.storeAndIndex(checked, correlationId);
    return this.createEntity(data, { correlationId, userId, store });
  }

  private async storeAndIndex(
    data: NewEntity<Note>,
    correlationId: CorrelationId,
  ): Promise<Result<Note, Error>> {
    const created = await this.repo.create(data);
    if (created.isErr()) return err(created.error);
    const { id, text } = created.value;
    const scheduler = schedulerOf(this.context);
    const scheduled = await scheduler.schedule(correlationId, indexNoteTask, { noteId: id, text });
    if (scheduled.isOk()) return ok(created.value);
    await this.removeUnindexed(id, correlationId); // so that the caller may try again
    return err(scheduled.error);
  }

  private async removeUnindexed(noteId: string, correlationId: CorrelationId): Promise<void> {
    const removed = await this.repo.delete(noteId);
    if (removed.isOk()) return;
    // The caller gets the scheduling error; this one has nowhere else to go.
    const facts = { noteId, correlationId };
    this.context.logger.error('A note that is not indexed could not be deleted again', removed.error, facts);
  }
}
// #endregion
