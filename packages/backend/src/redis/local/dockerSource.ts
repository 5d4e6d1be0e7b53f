import { err, ok } from 'neverthrow';
import { runCommand } from './CommandRun';
import { REDIS_LOG_FILE, type RedisServer, type RedisSettings } from './RedisServer';
import { type RedisSource } from './RedisSource';

/** The image that docs/deploy/docker-compose.yml uses as well. */
const IMAGE = 'redis:8-alpine';

/** The official Redis image, when a container engine answers within 5 seconds. */
export const dockerSource: RedisSource = {
  name: 'docker',
  find: async ({ searchPath, userId, announce }) => {
    const docker = Bun.which('docker', { PATH: searchPath });
    if (docker === null) return err('no docker');
    const engine = await runCommand([docker, 'info'], { timeoutMs: 5000 });
    if (engine.isErr()) return err('the engine does not answer');
    announce(`Redis: fetching the image ${IMAGE} with docker (once) ...`);
    const pulled = await runCommand([docker, 'pull', '--quiet', IMAGE]);
    if (pulled.isErr()) return err(pulled.error);
    const server: RedisServer = {
      version: '8',
      origin: `image ${IMAGE} run by docker`,
      isNative: false,
      environment: {},
      toCommand: toContainerCommand({ docker, userId }),
    };
    return ok(server);
  },
};

/** In the foreground: `docker run` passes the SIGTERM that stops it on to the server. */
const toContainerCommand =
  ({ docker, userId }: { readonly docker: string; readonly userId: number }) =>
  ({ port, folder, options }: RedisSettings): readonly string[] => [
    ...[docker, 'run', '--rm', '--user', String(userId)],
    ...['--publish', `127.0.0.1:${port}:6379`, '--volume', `${folder}:/data`],
    ...[IMAGE, 'redis-server', '--dir', '/data', '--logfile', `/data/${REDIS_LOG_FILE}`],
    ...['--protected-mode', 'no', ...options],
  ];
