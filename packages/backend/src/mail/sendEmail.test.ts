import { afterEach, describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../files/TemporaryDirectory';
import { sendEmail } from './sendEmail';
import { closeMailers } from './sharedMailer';
import { startLocalSmtpServer } from './smtp/LocalSmtpServer';

const mail = {
  id: 'task-1',
  to: 'ada@example.test',
  subject: 'Hello',
  text: 'Hello Ada',
  correlationId: CorrelationId(),
};

describe('sendEmail', () => {
  afterEach(closeMailers);

  it('sends over the configured server and hands the signal on', async () => {
    await using directory = await createTemporaryDirectory();
    await using server = await startLocalSmtpServer({ directory: directory.path });
    const config = {
      environment: 'test',
      mailFrom: 'no-reply@example.test',
      dataDir: directory.path,
      smtpUrl: server.url,
    } as const;
    const sent = await sendEmail(mail, { config });
    expect(sent._unsafeUnwrap()).toEqual({ messageId: '<task-1@example.test>' });
    const aborted = await sendEmail(mail, { config, signal: AbortSignal.abort() });
    expect(aborted._unsafeUnwrapErr().code).toBe('aborted');
    expect(server.deliveredCount()).toBe(1);
  });
});
