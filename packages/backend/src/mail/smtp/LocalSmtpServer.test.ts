import { describe, expect, it } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../../files/TemporaryDirectory';
import { createSmtpMailer } from '../SmtpMailer';
import { type LocalSmtpServerOptions, startLocalSmtpServer } from './LocalSmtpServer';

const setup = async (options: Partial<LocalSmtpServerOptions> = {}) => {
  const directory = await createTemporaryDirectory();
  const server = await startLocalSmtpServer({ directory: directory.path, ...options });
  const mailer = createSmtpMailer({ smtpUrl: server.url, from: 'no-reply@example.test' });
  const dispose = async () => {
    mailer.close();
    await server.stop();
    await directory[Symbol.asyncDispose]();
  };
  const send = (to: string, text = 'Hello') =>
    mailer.send({ id: to.replace(/[@+]/g, '-'), to, subject: 'Hello', text, correlationId: CorrelationId() });
  return { server, send, list: () => readdir(directory.path), [Symbol.asyncDispose]: dispose };
};

describe('startLocalSmtpServer', () => {
  it('writes what it accepts and counts it', async () => {
    await using bundle = await setup();
    expect((await bundle.send('ada@example.test')).isOk()).toBe(true);
    expect(bundle.server.deliveredCount()).toBe(1);
    expect(await bundle.list()).toEqual(['ada-example.test@example.test.eml']);
  });

  it('asks onRecipient about every recipient', async () => {
    const asked: string[] = [];
    const onRecipient = (address: string) => {
      asked.push(address);
      return address.startsWith('bob') ? { responseCode: 451, message: 'later' } : undefined;
    };
    await using bundle = await setup({ onRecipient });
    expect((await bundle.send('ada@example.test')).isOk()).toBe(true);
    expect((await bundle.send('bob+slow@example.test'))._unsafeUnwrapErr().responseCode).toBe(451);
    expect(asked).toEqual(['ada@example.test', 'bob+slow@example.test']);
    expect(bundle.server.deliveredCount()).toBe(1);
  });

  it('answers 451 when onRecipient throws, and goes on', async () => {
    const onRecipient = (address: string) => {
      if (address.startsWith('bob')) throw new Error('a bug');
      return undefined;
    };
    await using bundle = await setup({ onRecipient });
    const error = (await bundle.send('bob@example.test'))._unsafeUnwrapErr();
    expect(error.responseCode).toBe(451);
    expect(error.message).toContain('onRecipient threw: a bug');
    expect((await bundle.send('ada@example.test')).isOk()).toBe(true);
  });

  it('refuses a mail over 10 MiB and writes nothing', async () => {
    await using bundle = await setup();
    const line = `${'x'.repeat(70)}\n`;
    const error = (await bundle.send('ada@example.test', line.repeat(160_000)))._unsafeUnwrapErr();
    expect(error.responseCode).toBe(552);
    expect(await bundle.list()).toEqual([]);
    expect(bundle.server.deliveredCount()).toBe(0);
  });

  it('rejects when the port is taken', async () => {
    await using bundle = await setup();
    await expect(startLocalSmtpServer({ directory: '/nowhere', port: bundle.server.port })).rejects.toThrow(
      'EADDRINUSE',
    );
  });

  it('stops within the test although a client keeps its connection, also when stopped twice', async () => {
    await using bundle = await setup();
    await bundle.send('ada@example.test');
    await bundle.server.stop();
    await bundle.server.stop();
    expect((await bundle.send('bob@example.test'))._unsafeUnwrapErr().code).toBe('unreachable');
  });
});
