import { describe, expect, it } from 'bun:test';
import { AppError } from '@core/errors/AppError';
import { PublishError } from '../queue/publish';
import { LedgerError } from './LedgerError';
import { toFailureOf } from './toFailureOf';

class OrderError extends AppError {}

describe('toFailureOf', () => {
  it('makes errors of the class, with the code, the words and the cause of what was answered', () => {
    const toOrderFailure = toFailureOf(OrderError);
    const refused = new LedgerError('no right', { code: 'ledger-refused' });
    const away = new PublishError('Redis is away', { code: 'unreachable' });

    expect([toOrderFailure(refused), toOrderFailure(away, { doneCount: 2 })]).toMatchObject([
      { constructor: OrderError, message: 'no right', code: 'ledger-refused', metadata: {}, cause: refused },
      {
        constructor: OrderError,
        message: 'Redis is away',
        code: 'queue-unavailable',
        metadata: { doneCount: 2 },
        cause: away,
      },
    ]);
  });
});
