import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { LedgerError } from '../LedgerError';
import { type WrittenEnd } from './endAttempts';
import { writeWhenFree } from './writeWhenFree';

const held = ok({ kind: 'held' } as const);
const recorded = ok({ kind: 'recorded' } as const);
const refused = err(new LedgerError('no', { code: 'ledger-refused' }));

/** Writes that come to these answers, the last of them for ever. */
const answering = (answers: readonly Result<WrittenEnd, LedgerError>[]) => {
  let count = 0;
  return async (): Promise<Result<WrittenEnd, LedgerError>> => {
    count += 1;
    return answers[count - 1] ?? held;
  };
};

describe('writeWhenFree', () => {
  it.each([
    [[recorded], recorded],
    [[held, held, recorded], recorded],
    [[held, refused], refused],
  ])('answers the first answer that is not held: %#', async (answers, expected) => {
    expect(await writeWhenFree({ write: answering(answers), deadlineMs: 1000 })).toEqual(expected);
  });

  it('gives up at the deadline, and says why', async () => {
    const answer = await writeWhenFree({ write: answering([]), deadlineMs: 5 });

    expect(answer._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      message: "the ledger's database is busy: another transaction has held the row of the task for 5 ms",
    });
  });
});
