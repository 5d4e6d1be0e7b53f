import { describe, expect, it } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../files/TemporaryDirectory';
import { createFileMailer } from './FileMailer';
import { type Mail } from './Mail';
import { type Mailer } from './Mailer';
import { createSmtpMailer } from './SmtpMailer';
import { startLocalSmtpServer } from './smtp/LocalSmtpServer';

interface MailerBundle extends AsyncDisposable {
  readonly mailer: Mailer;
}

const from = 'Drover <no-reply@example.test>';

const implementations: Record<string, (directory: string) => Promise<MailerBundle>> = {
  createSmtpMailer: async (directory) => {
    const server = await startLocalSmtpServer({ directory });
    const mailer = createSmtpMailer({ smtpUrl: server.url, from });
    const dispose = async () => {
      mailer.close();
      await server.stop();
    };
    return { mailer, [Symbol.asyncDispose]: dispose };
  },
  createFileMailer: async (directory) => {
    const mailer = createFileMailer({ directory, from });
    return { mailer, [Symbol.asyncDispose]: async () => mailer.close() };
  },
};

const mail: Mail = {
  id: '0191-task',
  to: 'ada@example.test',
  subject: 'Grüße, Ada',
  text: 'Hello Ada',
  html: '<p>Hello Ada</p>',
  correlationId: CorrelationId('request-1'),
};

const setup = async (implementation: string) => {
  const directory = await createTemporaryDirectory();
  const bundle = await implementations[implementation]?.(directory.path);
  if (bundle === undefined) throw new Error(`no mailer is named ${implementation}`);
  const dispose = async () => {
    await bundle[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  };
  return {
    mailer: bundle.mailer,
    list: () => readdir(directory.path),
    read: (name: string) => readFile(join(directory.path, name), 'utf8'),
    [Symbol.asyncDispose]: dispose,
  };
};

const refused: [field: string, change: Partial<Mail>][] = [
  ['to', { to: 'ada@example.test\r\nBcc: eve@example.test' }],
  ['to', { to: 'ada@example.test, eve@example.test' }],
  ['to', { to: 'Ada <ada@example.test>' }],
  ['subject', { subject: 'Hello\r\nBcc: eve@example.test' }],
  ['subject', { subject: 'Hello\nBcc: eve@example.test' }],
  ['subject', { subject: '' }],
  ['id', { id: 'x>\r\nBcc: <eve@example.test' }],
  ['id', { id: '../../etc/passwd' }],
];

describe.each(Object.keys(implementations))('%s', (implementation) => {
  it('sends headers and both bodies, and names the file after the Message-ID', async () => {
    await using bundle = await setup(implementation);
    const sent = await bundle.mailer.send(mail);
    expect(sent._unsafeUnwrap()).toEqual({ messageId: '<0191-task@example.test>' });
    expect(await bundle.list()).toEqual(['0191-task@example.test.eml']);
    const content = await bundle.read('0191-task@example.test.eml');
    expect(content.split('\r\n')).toEqual(
      expect.arrayContaining([
        'Message-ID: <0191-task@example.test>',
        'X-Correlation-ID: request-1',
        'From: Drover <no-reply@example.test>',
        'To: ada@example.test',
        'Hello Ada',
        '<p>Hello Ada</p>',
      ]),
    );
    expect(content).toContain('Subject: =?UTF-8?');
  });

  it('sends a repetition with the same Message-ID, so that one file is left', async () => {
    await using bundle = await setup(implementation);
    const first = await bundle.mailer.send(mail);
    const second = await bundle.mailer.send({ ...mail, text: 'Hello again' });
    expect(second._unsafeUnwrap()).toEqual(first._unsafeUnwrap());
    expect(await bundle.list()).toEqual(['0191-task@example.test.eml']);
    expect(await bundle.read('0191-task@example.test.eml')).toContain('Hello again');
  });

  it.each(refused)('refuses a bad %s and sends nothing: %j', async (field, change) => {
    await using bundle = await setup(implementation);
    const sent = await bundle.mailer.send({ ...mail, ...change });
    const error = sent._unsafeUnwrapErr();
    expect(error.code).toBe('invalid-mail');
    expect(error.message).toStartWith(`the mail is refused: expected valid data: ${field}: `);
    expect(await bundle.list()).toEqual([]);
  });

  it('sends nothing when the signal is already aborted', async () => {
    await using bundle = await setup(implementation);
    const sent = await bundle.mailer.send(mail, { signal: AbortSignal.abort() });
    expect(sent._unsafeUnwrapErr().code).toBe('aborted');
    expect(await bundle.list()).toEqual([]);
  });
});
