import { describe, expect, it } from 'bun:test';
import { createWatchdog } from './Watchdog';

describe('createWatchdog', () => {
  it('says that it could not be started, and goes on', async () => {
    const { promise: fault, resolve: onFault } = Promise.withResolvers<unknown>();
    const watchdog = createWatchdog({ onFault, shell: '/nowhere/sh' });
    watchdog.guard(2 ** 22 + 1); // no process has so large an id
    expect(await fault).toMatchObject({ code: 'ENOENT' });
    watchdog.release(2 ** 22 + 1);
    watchdog.close();
  });
});
