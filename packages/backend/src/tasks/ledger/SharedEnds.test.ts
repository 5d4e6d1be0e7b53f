import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { sampleRecord } from '../domain/__fixtures__/sampleRecord';
import { type TaskEnd } from '../domain/TaskEnd';
import { TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type EndWait, WaitError } from '../queue/TaskEnds';
import { LedgerError } from './LedgerError';
import { readKeptSighting } from './readKeptSighting';
import { createLedgerEnds } from './SharedEnds';

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });

type Heard = Result<TaskEnd, WaitError>;

const REMOVED: Heard = ok({ kind: 'removed' });

const LATE: Heard = err(new WaitError('not ended within 1000 ms', 'timed-out'));

type Kept = Partial<TaskRecord> | LedgerError;

const setup = (heard: readonly Heard[], kept: readonly Kept[]) => {
  const asked = { queue: 0, ledger: 0 };
  const find = async () => {
    const record = kept[Math.min(asked.ledger++, kept.length - 1)];
    if (record instanceof LedgerError) return err(record);
    return ok(record && sampleRecord({ name: 'mails:send', ...record }));
  };
  const ends = createLedgerEnds({
    ends: { wait: async () => heard[Math.min(asked.queue++, heard.length - 1)] ?? REMOVED },
    readKept: (task) => readKeptSighting({ find }, task),
  });
  return { asked, wait: (timeoutMs: number) => ends.wait('mails:send', TaskId(), { timeoutMs }) };
};

describe('createLedgerEnds', () => {
  it('believes the queue about what it holds', async () => {
    const { wait, asked } = setup([ok({ kind: 'completed', value: 1 })], []);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'completed', value: 1 });
    expect(asked.ledger).toBe(0);
  });

  it('tells the end of a task that its queue has forgotten', async () => {
    const { wait } = setup([REMOVED], [{ status: 'cancelled', cancelReason: 'sold out' }]);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'cancelled', reason: 'sold out' });
  });

  it('names the task that does it again', async () => {
    const retriedAs = TaskId();
    const { wait } = setup([REMOVED], [{ status: 'cancelled', retriedAs }]);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'cancelled', retriedAs });
  });

  it('takes a task of another name for removed', async () => {
    const { wait } = setup([REMOVED], [{ name: 'orders:pack', status: 'completed', value: 1 }]);

    expect((await wait(1000))._unsafeUnwrap()).toEqual({ kind: 'removed' });
  });

  it('waits on for a task that is on no queue yet', async () => {
    const heard = [REMOVED, ok<TaskEnd, WaitError>({ kind: 'completed', value: 2 })];
    const { wait, asked } = setup(heard, [{ status: 'pending' }]);

    expect((await wait(5000))._unsafeUnwrap()).toEqual({ kind: 'completed', value: 2 });
    expect(asked).toEqual({ queue: 2, ledger: 1 });
  });

  it('gives up when its time is over', async () => {
    const { wait } = setup([REMOVED], [{ status: 'pending' }]);

    expect((await wait(0))._unsafeUnwrapErr()).toMatchObject({ code: 'timed-out' });
  });

  const lastWords: [status: string, kept: Kept, expected: Heard][] = [
    ['completed', { status: 'completed', value: 3 }, ok({ kind: 'completed', value: 3 })],
    ['cancelled', { status: 'cancelled' }, ok({ kind: 'cancelled' })],
    ['pending', { status: 'pending' }, LATE],
    ['failed, and may be put back,', { status: 'failed' }, LATE],
    ['unknown, since it is away,', away, LATE],
  ];

  it.each(lastWords)(
    'asks the ledger when the time is over: of a task that is %s there',
    async (_, kept, expected) => {
      const { wait, asked } = setup([LATE], [kept]);

      expect(await wait(1000)).toEqual(expected);
      expect(asked).toEqual({ queue: 1, ledger: 1 });
    },
  );

  it('asks the ledger of no task that waits when it only looks', async () => {
    const { wait, asked } = setup([LATE], [{ status: 'completed', value: 3 }]);

    expect(await wait(0)).toEqual(LATE);
    expect(asked.ledger).toBe(0);
  });

  it('takes a task for removed that nobody knows', async () => {
    expect((await setup([REMOVED], []).wait(1000))._unsafeUnwrap()).toEqual({ kind: 'removed' });
  });

  it('asks again while the ledger is away', async () => {
    const { wait, asked } = setup([REMOVED], [away, { status: 'cancelled' }]);

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

  describe('of a ledger that says nothing', () => {
    const waitSilent = (heard: Heard, wait: EndWait, lastLookMs?: number) =>
      createLedgerEnds({
        ends: { wait: async () => heard },
        readKept: () => new Promise<never>(() => undefined),
        ...(lastLookMs === undefined ? {} : { lastLookMs }),
      }).wait('mails:send', TaskId(), wait);

    it.each([
      ['has the task', LATE, 'timed-out', 'not ended within 1000 ms'],
      [
        'does not',
        REMOVED,
        'queue-unavailable',
        expect.stringContaining('the ledger could not be asked: no answer'),
      ],
    ])('waits no longer than it says when the queue %s', async (_, heard, code, message) => {
      const answer = await waitSilent(heard, { timeoutMs: 1 }, 5);

      expect(answer._unsafeUnwrapErr()).toMatchObject({ code, message });
    });

    it.each([
      ['has the task', LATE],
      ['does not', REMOVED],
    ])('heeds a caller who waits no longer when the queue %s', async (_, heard) => {
      const caller = new AbortController();
      const answer = waitSilent(heard, { timeoutMs: 1000, signal: caller.signal });
      await new Promise((resolve) => setImmediate(resolve));
      caller.abort('gone');

      expect((await answer)._unsafeUnwrapErr()).toMatchObject({ code: 'aborted', cause: 'gone' });
    });
  });
});
