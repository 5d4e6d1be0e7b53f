import { existsSync } from 'node:fs';
import { err } from 'neverthrow';
import { runCommand } from './CommandRun';
import { createNativeServer } from './NativeServer';
import { type RedisSource } from './RedisSource';

/** RUNLEVEL=1 keeps a sysvinit machine from starting the package's own service. */
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } as const;

/** Debian's `redis-server` installed with apt-get, for root. The package's own service is not left running. */
export const aptInstallSource: RedisSource = {
  name: 'apt-get install',
  find: async ({ searchPath, userId, announce }) => {
    const apt = Bun.which('apt-get', { PATH: searchPath });
    if (apt === null) return err('no apt-get');
    if (userId !== 0) return err('needs root');
    announce('Redis: installing the package redis-server with apt-get (once) ...');
    const installed = await installPackage(apt);
    if (installed.isErr()) return err(installed.error);
    await stopPackageService();
    const file = Bun.which('redis-server', { PATH: `${searchPath}:/usr/bin` });
    if (file === null) return err('redis-server is not in /usr/bin after the installation');
    return createNativeServer({ file, origin: `${file}, installed with apt-get just now` });
  },
};

const installPackage = async (apt: string) => {
  const install = () =>
    runCommand(
      [
        apt,
        '-q',
        '-y',
        '-o',
        'DPkg::Lock::Timeout=120',
        'install',
        '--no-install-recommends',
        'redis-server',
      ],
      { environment: APT_ENVIRONMENT },
    );
  const first = await install();
  if (first.isOk()) return first;
  // Package lists are missing on a fresh container, or older than the archive: fetch them and try once more.
  await runCommand([apt, '-q', 'update'], { environment: APT_ENVIRONMENT });
  return install();
};

/** Under systemd the package enables and starts a server on port 6379 that nobody asked for. */
const stopPackageService = async (): Promise<void> => {
  if (!existsSync('/run/systemd/system')) return;
  await runCommand(['systemctl', 'disable', '--now', 'redis-server.service']);
};
