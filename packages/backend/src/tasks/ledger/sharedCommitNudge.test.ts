import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { TaskId } from '../domain/TaskId';
import { createLedgerBench } from './__fixtures__/LedgerBench';
import { sharedCommitNudge } from './sharedCommitNudge';
import { createSqlTaskLedger } from './sqlTaskLedger';
import { type TaskLedger } from './TaskLedger';

const createLedger = () => ({ outbox: {}, onClose: () => undefined }) as unknown as TaskLedger; // nothing is asked of it

const setup = () => {
  const ledger = createLedger();
  return (env: Readonly<Record<string, string>> = {}, of: TaskLedger = ledger) => {
    const appConfig = parseAppConfig({ NODE_ENV: 'test', ...env })._unsafeUnwrap();
    return sharedCommitNudge({ ledger: of, logger: silentLogger, appConfig });
  };
};

describe('sharedCommitNudge', () => {
  it('is one for a ledger and a Redis', () => {
    const nudgeOf = setup();

    expect(nudgeOf()).toBe(nudgeOf());
    expect(nudgeOf({}, createLedger())).not.toBe(nudgeOf());
  });

  it.each([
    ['REDIS_URL', 'redis://127.0.0.1:1'],
    ['SCHEDULE_DEADLINE_MS', '50'],
  ])('is another one for another %s', (name, value) => {
    const nudgeOf = setup();

    expect(nudgeOf({ [name]: value })).not.toBe(nudgeOf());
  });

  it('watches no transaction any more when its ledger is closed', async () => {
    await using bench = await createLedgerBench('sqlite');
    const ledger = createSqlTaskLedger({ ...bench.ledgerDatabase, ...bench, migrate: async () => undefined });
    let lookCount = 0;
    const listCommitted: TaskLedger['outbox']['listCommitted'] = (ids) => {
      lookCount += 1;
      return ledger.outbox.listCommitted(ids);
    };
    const nudge = setup()({}, { ...ledger, outbox: { ...ledger.outbox, listCommitted } });
    nudge.watch(TaskId());
    await until(async () => lookCount > 0);
    await ledger.close();
    const countBefore = lookCount;
    await Bun.sleep(20); // a few looks, of a ledger that is open

    expect(lookCount).toBe(countBefore);
  });
});
