import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { closeSharedLedgers, sharedTaskLedger } from './sharedTaskLedger';

const configOf = (env: Readonly<Record<string, string>> = {}) =>
  parseAppConfig({ NODE_ENV: 'test', LEDGER_URL: 'sqlite:///nowhere/ledger.db', ...env })._unsafeUnwrap();

describe('sharedTaskLedger', () => {
  it('is one for equal configurations', async () => {
    expect(sharedTaskLedger(configOf())).toBe(sharedTaskLedger(configOf()));
    await closeSharedLedgers();
  });

  it.each([
    ['LEDGER_URL', 'sqlite:///nowhere/another.db'],
    ['LEDGER_SCHEMA', 'other'],
    ['LEDGER_DEADLINE_MS', '50'],
    ['QUEUE_PREFIX', 'other'],
  ])('is another one for another %s', async (name, value) => {
    expect(sharedTaskLedger(configOf({ [name]: value }))).not.toBe(sharedTaskLedger(configOf()));
    await closeSharedLedgers();
  });

  it('is nothing without a ledger', () => {
    expect(sharedTaskLedger(configOf({ LEDGER_URL: 'off' }))).toBeUndefined();
  });
});
