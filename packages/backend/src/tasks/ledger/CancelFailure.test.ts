import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { sampleRecord } from '../domain/__fixtures__/sampleRecord';
import { CancelError, type CancelErrorCode } from '../domain/CancelError';
import { mayRun } from './CancelFailure';

const failure = (code: CancelErrorCode, metadata = {}) => err(new CancelError('no', { code, metadata }));

describe('mayRun', () => {
  it.each([
    ['it was cancelled', ok(sampleRecord()), false],
    ['it has ended', failure('not-cancellable', { status: 'completed' }), false],
    ['nobody knows it', failure('not-found'), false],
    ['its queue did not answer', failure('queue-unavailable'), true],
    [
      'its queue has cancelled it, and the ledger was not told',
      failure('ledger-unavailable', { status: 'cancelled' }),
      false,
    ],
    ['no queue has it, and the ledger did not answer', failure('ledger-unavailable'), true],
  ])('of a task of which is known that %s', (_known, cancelled, expected) => {
    expect(mayRun(cancelled)).toBe(expected);
  });
});
