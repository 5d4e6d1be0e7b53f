import { err, ok, type Result } from 'neverthrow';
import { runCommand } from './CommandRun';
import { REDIS_LOG_FILE, type RedisServer, type RedisSettings } from './RedisServer';

/** Oldest version that BullMQ supports in full. */
const OLDEST_VERSION = '6.2.0';

/**
 * Asks a server program on disk for its version and wraps it.
 *
 * @returns an error when it does not run or is older than Redis 6.2.
 */
export const createNativeServer = async ({
  file,
  origin,
  environment = {},
}: {
  readonly file: string;
  readonly origin: string;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<Result<RedisServer, string>> => {
  const printed = await runCommand([file, '--version'], { environment, timeoutMs: 5000 });
  if (printed.isErr()) return err(`${file} does not run (${printed.error})`);
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(printed.value)?.[1];
  if (version === undefined) return err(`${file} names no version`);
  if (!Bun.semver.satisfies(version, `>=${OLDEST_VERSION}`)) {
    return err(`${file} is ${version}, expected ${OLDEST_VERSION} or newer`);
  }
  return ok({ version, origin, isNative: true, environment, toCommand: toNativeCommand(file) });
};

const toNativeCommand =
  (file: string) =>
  ({ port, options }: RedisSettings): readonly string[] => [
    file,
    ...['--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'no'],
    ...['--dir', './', '--logfile', REDIS_LOG_FILE],
    ...options,
  ];
