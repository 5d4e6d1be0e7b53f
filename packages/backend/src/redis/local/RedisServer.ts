/** Where one Redis is to run and with which options. */
export interface RedisSettings {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Absolute path of an existing folder for its data and its log. */
  readonly folder: string;
  /** Options of the server itself, such as `['--appendonly', 'yes']`. */
  readonly options: readonly string[];
}

/** A Redis or Valkey server that this machine can run. */
export interface RedisServer {
  readonly version: string;
  /** Where it comes from, in words for the announcement: "/usr/bin/redis-server on PATH". */
  readonly origin: string;
  /** True when its process is the server itself, false when a container engine stands between. */
  readonly isNative: boolean;
  /** Variables the server needs in its environment, such as LD_LIBRARY_PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** The command line that runs it in the foreground, to be started inside `settings.folder`. */
  readonly toCommand: (settings: RedisSettings) => readonly string[];
}

/** File in `RedisSettings.folder` that the server logs to. */
export const REDIS_LOG_FILE = 'redis.log';
