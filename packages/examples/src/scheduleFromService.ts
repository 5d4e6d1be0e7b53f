import { createInMemoryRepository } from '@backend/services/shared/InMemoryRepository';
import { CorrelationId } from '@core/domain/CorrelationId';
import { indexNoteTask } from './indexNoteTask';
import { type Note, NotesService } from './NotesService';
import { startExample } from './support/startExample';

await using example = await startExample([indexNoteTask]);
const { appConfig, logger } = example;

// #region call
const repo = createInMemoryRepository<string, Note>({
  entityName: 'note',
  toEntity: ({ text }) => ({ id: crypto.randomUUID(), text }),
});
const notes = new NotesService(repo, { logger, appConfig: () => appConfig });
const created = await notes.create(
  { text: 'remember the milk' },
  { correlationId: CorrelationId('request-17') },
);
console.log(created.map(({ text }) => text).unwrapOr('refused'));
// #endregion
