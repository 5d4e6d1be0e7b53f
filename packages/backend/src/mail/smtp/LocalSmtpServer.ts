import { buffer } from 'node:stream/consumers';
import { type ILogger } from '@backend/logger/Logger';
import { silentLogger } from '@backend/logger/silentLogger';
import { describeUnknown } from '@core/errors/describeUnknown';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerError } from 'smtp-server';
import { writeEmlFile } from '../EmlFile';

/** A reply that refuses a recipient. */
export interface SmtpRefusal {
  /** 400..499: try again later. 500..599: never. */
  readonly responseCode: number;
  readonly message: string;
}

/** How a {@link LocalSmtpServer} behaves. */
export interface LocalSmtpServerOptions {
  /** Gets each mail as `<Message-ID>.eml`. Made when it is missing. */
  readonly directory: string;
  /** 0 picks a free one. Default: 0. */
  readonly port?: number;
  /** Decides about each recipient; `undefined` accepts it. Default: accepts all. */
  readonly onRecipient?: (address: string) => SmtpRefusal | undefined;
  /** Gets a warning for each connection that fails. Default: silent. */
  readonly logger?: ILogger;
}

/** A real SMTP server inside this process, for development and tests. Without TLS and authentication. */
export interface LocalSmtpServer extends AsyncDisposable {
  /** For `SMTP_URL`. */
  readonly url: string;
  readonly port: number;
  /** Mails accepted so far; one with a known Message-ID counts again, though it replaces the file. */
  deliveredCount(): number;
  /** Refuses new connections and ends the open ones. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const maxMailBytes = 10 * 1024 * 1024;

/** Starts the server on the loopback address. Rejects when the port is taken. */
export const startLocalSmtpServer = async ({
  directory,
  port = 0,
  onRecipient = () => undefined,
  logger = silentLogger,
}: LocalSmtpServerOptions): Promise<LocalSmtpServer> => {
  const inbox = createInbox(directory);
  const server = createServer(inbox, onRecipient);
  const listeningPort = await listen(server, port);
  server.on('error', (error) => logger.warn('A mail client failed', { reason: error.message }));
  const stop = () => new Promise<void>((resolve) => server.close(resolve));
  return {
    url: `smtp://${host}:${listeningPort}`,
    port: listeningPort,
    deliveredCount: inbox.deliveredCount,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

type RecipientRule = (address: string) => SmtpRefusal | undefined;

interface Inbox {
  deliveredCount(): number;
  /** Rejects with the reply that refuses the mail, or with the file system's error. */
  receive(stream: SMTPServerDataStream): Promise<void>;
}

const createServer = (inbox: Inbox, onRecipient: RecipientRule): SMTPServer =>
  new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    size: maxMailBytes,
    // Clients keep their connections open: nothing to wait for.
    closeTimeout: 1,
    onRcptTo: ({ address }, _session, done) => done(decideRecipient(address, onRecipient)),
    onData: (stream, _session, done) => {
      inbox.receive(stream).then(() => done(), done);
    },
  });

const createInbox = (directory: string): Inbox => {
  let deliveredCount = 0;
  let receivedCount = 0;
  return {
    deliveredCount: () => deliveredCount,
    receive: async (stream: SMTPServerDataStream): Promise<void> => {
      receivedCount += 1;
      const fallback = `${Date.now()}-${receivedCount}`;
      const content = await buffer(stream);
      if (stream.sizeExceeded)
        throw toReply({ responseCode: 552, message: `expected at most ${maxMailBytes} bytes` });
      await writeEmlFile(content, { directory, fallback });
      deliveredCount += 1;
    },
  };
};

const toReply = ({ responseCode, message }: SmtpRefusal): SMTPServerError =>
  Object.assign(new Error(message), { responseCode });

const decideRecipient = (address: string, onRecipient: RecipientRule): SMTPServerError | undefined => {
  try {
    const refusal = onRecipient(address);
    return refusal === undefined ? undefined : toReply(refusal);
  } catch (thrown) {
    return toReply({ responseCode: 451, message: `onRecipient threw: ${describeUnknown(thrown)}` });
  }
};

const listen = (smtp: SMTPServer, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    smtp.once('error', reject);
    smtp.listen(port, host, () => {
      smtp.off('error', reject);
      const address = smtp.server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error(`expected the SMTP server to listen on a port, got ${String(address)}`));
    });
  });
