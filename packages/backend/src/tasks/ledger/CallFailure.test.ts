import { describe, expect, it } from 'bun:test';
import { PublishError } from '../queue/publish';
import { TasksDisabledError } from '../queue/TasksDisabledError';
import { toCallFailure } from './CallFailure';
import { LedgerError } from './LedgerError';

describe('toCallFailure', () => {
  const cases: [code: ReturnType<typeof toCallFailure>['code'], cause: Error][] = [
    ['ledger-unavailable', new LedgerError('no answer', { code: 'ledger-unavailable' })],
    ['ledger-refused', new LedgerError('no right', { code: 'ledger-refused' })],
    ['ledger-schema', new LedgerError('too new', { code: 'ledger-schema' })],
    ['queue-unavailable', new PublishError('Redis refused the task', { code: 'refused' })],
    ['tasks-disabled', new TasksDisabledError()],
  ];

  it.each(cases)(
    'has the code %s and the words of what kept a call from being carried out',
    (code, cause) => {
      expect(toCallFailure(cause)).toEqual({ code, message: cause.message, cause });
    },
  );
});
