import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { sharedCommitNudge } from './sharedCommitNudge';
import { type TaskLedger } from './TaskLedger';

const setup = () => {
  const ledger = { outbox: {} } as Partial<TaskLedger> as TaskLedger; // nothing is asked of it
  return (env: Readonly<Record<string, string>> = {}, of: TaskLedger = ledger) => {
    const appConfig = parseAppConfig({ NODE_ENV: 'test', ...env })._unsafeUnwrap();
    return sharedCommitNudge({ ledger: of, logger: silentLogger, appConfig });
  };
};

describe('sharedCommitNudge', () => {
  it('is one for a ledger and a Redis', () => {
    const nudgeOf = setup();

    expect(nudgeOf()).toBe(nudgeOf());
    expect(nudgeOf({}, { outbox: {} } as TaskLedger)).not.toBe(nudgeOf());
  });

  it.each([
    ['REDIS_URL', 'redis://127.0.0.1:1'],
    ['SCHEDULE_DEADLINE_MS', '50'],
  ])('is another one for another %s', (name, value) => {
    const nudgeOf = setup();

    expect(nudgeOf({ [name]: value })).not.toBe(nudgeOf());
  });
});
