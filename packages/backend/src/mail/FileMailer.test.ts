import { describe, expect, it } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../files/TemporaryDirectory';
import { createFileMailer } from './FileMailer';

describe('createFileMailer', () => {
  it('answers "unreachable" and names the folder when it cannot be written', async () => {
    await using directory = await createTemporaryDirectory();
    const occupied = join(directory.path, 'mail');
    await writeFile(occupied, 'a file, not a folder');
    const mailer = createFileMailer({ directory: occupied, from: 'no-reply@example.test' });
    const mail = {
      id: 'task-1',
      to: 'ada@example.test',
      subject: 'Hi',
      text: 'Hi',
      correlationId: CorrelationId(),
    };
    const error = (await mailer.send(mail))._unsafeUnwrapErr();
    expect(error.code).toBe('unreachable');
    expect(error.message).toStartWith(`the mail cannot be written to ${occupied}: `);
  });
});
