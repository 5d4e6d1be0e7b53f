import { describe, expect, it } from 'bun:test';
import { silentLogger } from './silentLogger';

describe('silentLogger', () => {
  it('has itself for a child and reads nothing', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    silentLogger.error('x', proxy, proxy);

    expect(silentLogger.child(proxy)).toBe(silentLogger);
  });
});
