import { describe, expect, it } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createTemporaryDirectory } from '../files/TemporaryDirectory';
import { type Mail } from './Mail';
import { type MailErrorCode } from './MailError';
import { createSmtpMailer } from './SmtpMailer';
import { startLocalSmtpServer } from './smtp/LocalSmtpServer';

const mail: Mail = {
  id: 'task-1',
  to: 'ada@example.test',
  subject: 'Hello',
  text: 'Hello Ada',
  correlationId: CorrelationId(),
};

const createMailer = (smtpUrl: string) => {
  const mailer = createSmtpMailer({ smtpUrl, from: 'no-reply@example.test' });
  return { ...mailer, [Symbol.dispose]: () => mailer.close() };
};

/** A server that accepts connections and answers each line with what `reply` says, or not at all. */
const startScriptedServer = async (reply: (line: string) => string | undefined, greeting?: string) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (greeting !== undefined) socket.write(`${greeting}\r\n`);
    socket.on('data', (chunk) => {
      const answer = reply(chunk.toString());
      if (answer !== undefined) socket.write(`${answer}\r\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  return {
    url: `smtp://127.0.0.1:${port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const replies: [responseCode: number, code: MailErrorCode][] = [
  [421, 'refused-for-now'],
  [450, 'refused-for-now'],
  [451, 'refused-for-now'],
  [503, 'refused-for-now'],
  [550, 'refused-permanently'],
  [554, 'refused-permanently'],
];

describe('createSmtpMailer', () => {
  it.each(replies)('answers a reply of %i with the code %s', async (responseCode, code) => {
    await using directory = await createTemporaryDirectory();
    const onRecipient = () => ({ responseCode, message: 'not today' });
    await using server = await startLocalSmtpServer({ directory: directory.path, onRecipient });
    using mailer = createMailer(server.url);
    const error = (await mailer.send(mail))._unsafeUnwrapErr();
    expect({ code: error.code, responseCode: error.responseCode }).toEqual({ code, responseCode });
    expect(error.message).toContain(`the mail server 127.0.0.1:${server.port} refused the mail`);
    expect(error.message).toContain('not today');
  });

  it('answers "unauthorized" when the password is refused, and does not show it', async () => {
    await using server = await startScriptedServer(
      (line) => (line.startsWith('EHLO') ? '250 AUTH PLAIN' : '535 go away'),
      '220 hello',
    );
    using mailer = createMailer(server.url.replace('smtp://', 'smtp://ada:hunter2@'));
    const error = (await mailer.send(mail))._unsafeUnwrapErr();
    expect(error.code).toBe('unauthorized');
    expect(error.message).not.toContain('hunter2');
  });

  it('answers "unreachable" when nobody listens', async () => {
    await using directory = await createTemporaryDirectory();
    const server = await startLocalSmtpServer({ directory: directory.path });
    await server.stop();
    using mailer = createMailer(server.url);
    const error = (await mailer.send(mail))._unsafeUnwrapErr();
    expect(error.code).toBe('unreachable');
    expect(error.responseCode).toBe(undefined);
  });

  it('gives up on a server that never answers as soon as the signal is aborted', async () => {
    await using server = await startScriptedServer(() => undefined);
    using mailer = createMailer(server.url);
    const controller = new AbortController();
    const connected = once(server.server, 'connection');
    const sending = mailer.send(mail, { signal: controller.signal });
    await connected;
    controller.abort();
    expect((await sending)._unsafeUnwrapErr().code).toBe('aborted');
  });

  it('answers "unreachable" once it is closed', async () => {
    await using directory = await createTemporaryDirectory();
    await using server = await startLocalSmtpServer({ directory: directory.path });
    using mailer = createMailer(server.url);
    mailer.close();
    expect((await mailer.send(mail))._unsafeUnwrapErr().code).toBe('unreachable');
  });

  it('sends 50 mails that are handed over at once', async () => {
    await using directory = await createTemporaryDirectory();
    await using server = await startLocalSmtpServer({ directory: directory.path });
    using mailer = createMailer(server.url);
    const sent = await Promise.all(
      Array.from({ length: 50 }, (_, index) => mailer.send({ ...mail, id: `task-${index}` })),
    );
    expect(sent.filter((result) => result.isErr())).toEqual([]);
    expect(server.deliveredCount()).toBe(50);
  });
});
