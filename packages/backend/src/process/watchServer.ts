import { connect } from 'node:net';

interface ServerWatchOptions {
  /** TCP port on 127.0.0.1 of a server that runs now. */
  readonly port: number;
  /** Called once, when the server is gone. */
  onGone(): void;
}

/** Watches whether a server still runs: its end closes the connection that is held here. */
export const watchServer = ({ port, onGone }: ServerWatchOptions): { close(): void } => {
  let isWatching = true;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined); // `close` follows
  socket.on('close', () => {
    if (isWatching) onGone();
    isWatching = false;
  });
  return {
    close: () => {
      isWatching = false;
      socket.destroy();
    },
  };
};
