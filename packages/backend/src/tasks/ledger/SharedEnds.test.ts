import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { type TaskEnd } from '../domain/TaskEnd';
import { TaskId } from '../domain/TaskId';
import { WaitError } from '../queue/TaskEnds';
import { LedgerError } from './LedgerError';
import { createLedgerEnds } from './SharedEnds';
import { type Standing } from './Standing';

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });

type Heard = Result<TaskEnd, WaitError>;

const REMOVED: Heard = ok({ kind: 'removed' });

const setup = (heard: readonly Heard[], standings: readonly (Standing | LedgerError)[]) => {
  const asked = { queue: 0, ledger: 0 };
  const ends = createLedgerEnds(
    { wait: async () => heard[Math.min(asked.queue++, heard.length - 1)] ?? REMOVED },
    {
      writer: {
        standing: async () => {
          const standing = standings[Math.min(asked.ledger++, standings.length - 1)] ?? { kind: 'absent' };
          return standing instanceof LedgerError ? err(standing) : ok(standing);
        },
      },
    } as unknown as Parameters<typeof createLedgerEnds>[1], // what a wait needs of it
  );
  return { asked, wait: (timeoutMs: number) => ends.wait('mails:send', TaskId(), { timeoutMs }) };
};

describe('createLedgerEnds', () => {
  it('believes the queue about what it holds', async () => {
    const { wait, asked } = setup([ok({ kind: 'completed', value: 1 })], []);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'completed', value: 1 });
    expect(asked.ledger).toBe(0);
  });

  it('tells the end of a task that its queue has forgotten', async () => {
    const { wait } = setup([REMOVED], [{ kind: 'ended', ending: { kind: 'cancelled', reason: 'sold out' } }]);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'cancelled', reason: 'sold out' });
  });

  it('waits on for a task that is on no queue yet', async () => {
    const heard = [REMOVED, ok<TaskEnd, WaitError>({ kind: 'completed', value: 2 })];
    const { wait, asked } = setup(heard, [{ kind: 'open' }]);

    expect((await wait(5000))._unsafeUnwrap()).toEqual({ kind: 'completed', value: 2 });
    expect(asked).toEqual({ queue: 2, ledger: 1 });
  });

  it('gives up when its time is over', async () => {
    const { wait } = setup([REMOVED], [{ kind: 'open' }]);

    expect((await wait(0))._unsafeUnwrapErr()).toMatchObject({ code: 'timed-out' });
  });

  it('takes a task for removed that nobody knows', async () => {
    expect((await setup([REMOVED], []).wait(1000))._unsafeUnwrap()).toEqual({ kind: 'removed' });
  });

  it('asks again while the ledger is away', async () => {
    const { wait, asked } = setup([REMOVED], [away, { kind: 'ended', ending: { kind: 'cancelled' } }]);

    expect((await wait(5000))._unsafeUnwrap()).toEqual({ kind: 'cancelled' });
    expect(asked.ledger).toBe(2);
  });

  it('says that nothing is known when the ledger is away until the time is over', async () => {
    expect((await setup([REMOVED], [away]).wait(0))._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      message: 'its queue does not hold the task, and the ledger could not be asked: no answer',
      cause: away,
    });
  });
});
