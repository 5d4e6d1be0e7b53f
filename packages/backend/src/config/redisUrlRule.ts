/** The forms that {@link isRedisUrl} accepts, in words. */
export const redisUrlRule =
  'redis://[user:password@]host[:port][/db], rediss:// for TLS, several of them separated by commas for a cluster, ' +
  'or redis+sentinel://[user:password@]host:port,host:port/masterName[/db]';

const serverForm = /^(rediss?):\/\/(?:([^@/,\s]*)@)?([^@/,\s]+?)(?::(\d{1,5}))?(?:\/(0|[1-9]\d{0,4})?)?$/;
const sentinelForm =
  /^rediss?\+sentinel:\/\/(?:([^@/,\s]*)@)?([^@/\s]+)\/[A-Za-z0-9_.-]+(?:\/(?:0|[1-9]\d{0,4}))?$/;

/**
 * Whether the text is a Redis URL that Drover can connect to: one server, the nodes of a cluster, or a Sentinel
 * group (`redis+sentinel://` or `rediss+sentinel://`). Special characters in a password are percent-encoded.
 */
export const isRedisUrl = (text: string): boolean => {
  if (/^rediss?\+sentinel:/.test(text)) return isSentinelUrl(text);
  const servers = text.split(',').map(parseServer);
  // A cluster has database 0 only, and one kind of transport for all its nodes.
  return (
    servers.every(
      (server) => server !== undefined && (servers.length === 1 || server.databaseNumber === 0),
    ) && new Set(servers.map((server) => server?.scheme)).size === 1
  );
};

const parseServer = (text: string) => {
  const [, scheme, credentials = '', host = '', port = '6379', database = '0'] = serverForm.exec(text) ?? [];
  const isValid = isHost(host) && isPort(port) && isDecodable(credentials);
  return isValid ? { scheme, databaseNumber: Number(database) } : undefined;
};

const isSentinelUrl = (text: string): boolean => {
  const [, credentials = '', sentinels = ''] = sentinelForm.exec(text) ?? [];
  return sentinels !== '' && isDecodable(credentials) && sentinels.split(',').every(isHostWithPort);
};

const isHostWithPort = (text: string): boolean => {
  const [, host = '', port = ''] = /^([A-Za-z0-9_.-]+):(\d{1,5})$/.exec(text) ?? [];
  return host !== '' && isPort(port);
};

const isHost = (text: string): boolean => /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])$/.test(text);

const isPort = (text: string): boolean => Number(text) >= 1 && Number(text) <= 65_535;

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A lone % in a password: it has to be written as %25.
    return false;
  }
};
