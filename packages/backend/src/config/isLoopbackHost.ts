import { isIPv4 } from 'node:net';

/**
 * Says by its form whether a host name or address is this machine's own, such as `localhost` or `127.0.0.1`. A name that
 * merely resolves to such an address today may resolve elsewhere tomorrow.
 */
export const isLoopbackHost = (host: string): boolean => {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
};
