import { connect } from 'node:net';

/** What a server on a port says about itself. */
export interface RedisAnswer {
  /** Process id in the server's own view; 1 inside a container. */
  readonly processId: number;
  readonly version: string;
}

/**
 * Sends PING and INFO to 127.0.0.1 over a plain socket.
 *
 * @returns undefined when nothing listens, it does not answer in time, or it still loads its data.
 */
export const probeRedis = ({
  port,
  timeoutMs,
}: {
  readonly port: number;
  readonly timeoutMs: number;
}): Promise<RedisAnswer | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    const finish = (answer: RedisAnswer | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    socket.on('connect', () => socket.write('PING\r\nINFO server\r\nPING\r\n'));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
    socket.on('data', (chunk) => {
      received += chunk.toString();
      // The second PONG says that the whole of INFO has arrived; a server that loads answers -LOADING instead.
      if (received.split('+PONG').length > 2) finish(parseAnswer(received));
      else if (/^-/.test(received)) finish(undefined);
    });
  });

const parseAnswer = (received: string): RedisAnswer | undefined => {
  const processId = /^process_id:(\d+)/m.exec(received)?.[1];
  const version = (/^valkey_version:(\S+)/m.exec(received) ?? /^redis_version:(\S+)/m.exec(received))?.[1];
  return processId === undefined || version === undefined
    ? undefined
    : { processId: Number(processId), version };
};
