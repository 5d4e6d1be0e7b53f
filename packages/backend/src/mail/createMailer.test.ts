import { describe, expect, it } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../files/TemporaryDirectory';
import { createMailer, type MailConfig } from './createMailer';
import { startLocalSmtpServer } from './smtp/LocalSmtpServer';

const mail = {
  id: 'task-1',
  to: 'ada@example.test',
  subject: 'Hello',
  text: 'Hello Ada',
  correlationId: CorrelationId(),
};

const toConfig = (dataDir: string, config: Partial<MailConfig> = {}): MailConfig => ({
  environment: 'test',
  mailFrom: 'no-reply@example.test',
  dataDir,
  ...config,
});

describe('createMailer', () => {
  it.each(['test', 'development'] as const)('writes files in %s without SMTP_URL', async (environment) => {
    await using directory = await createTemporaryDirectory();
    const mailer = createMailer(toConfig(directory.path, { environment }));
    expect((await mailer.send(mail)).isOk()).toBe(true);
    expect(await readdir(join(directory.path, 'mail'))).toEqual(['task-1@example.test.eml']);
  });

  it('refuses to send in production without SMTP_URL, and names it', async () => {
    await using directory = await createTemporaryDirectory();
    const mailer = createMailer(toConfig(directory.path, { environment: 'production' }));
    const error = (await mailer.send(mail))._unsafeUnwrapErr();
    expect(error.code).toBe('unconfigured');
    expect(error.message).toContain('SMTP_URL');
    expect(await readdir(directory.path)).toEqual([]);
  });

  it.each(['test', 'development', 'production'] as const)(
    'sends over SMTP in %s with SMTP_URL',
    async (environment) => {
      await using directory = await createTemporaryDirectory();
      await using server = await startLocalSmtpServer({ directory: join(directory.path, 'inbox') });
      const mailer = createMailer(toConfig(directory.path, { environment, smtpUrl: server.url }));
      expect((await mailer.send(mail)).isOk()).toBe(true);
      mailer.close();
      expect(server.deliveredCount()).toBe(1);
      expect(await readdir(directory.path)).toEqual(['inbox']);
    },
  );
});
