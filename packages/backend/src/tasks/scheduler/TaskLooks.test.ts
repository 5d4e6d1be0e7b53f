import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { type TaskSighting } from '../domain/TaskSighting';
import { LedgerError } from '../ledger/LedgerError';
import { type TaskWatcher } from '../queue/TaskWatch';
import { openTaskLooks } from './TaskLooks';

type Kept = Result<TaskSighting | undefined, LedgerError>;

const PENDING: TaskSighting = { status: 'pending', logCount: 0 };
const COMPLETED: TaskSighting = { status: 'completed', logCount: 0, end: { kind: 'completed', value: 1 } };

/** Looks at a task whose queue says what the test lets it say, and of which the ledger tells when the test lets it. */
const setup = (timeoutMs: number) => {
  const watchers: TaskWatcher[] = [];
  const reads: PromiseWithResolvers<Kept>[] = [];
  const looks = openTaskLooks({ id: TaskId(), taskName: 'mails:send' }, timeoutMs, {
    watch: {
      watch: (_task, watcher) => {
        watchers.push(watcher);
        return { look: () => undefined, stop: () => undefined };
      },
    },
    readKept: () => {
      const read = Promise.withResolvers<Kept>();
      reads.push(read);
      return read.promise;
    },
  });
  return {
    looks,
    see: (sighting: TaskSighting | undefined) => watchers[0]?.onSighting(sighting),
    /** Lets the ledger answer the question of this place. */
    answer: async (place: number, kept: Kept) => {
      reads[place]?.resolve(kept);
      await reads[place]?.promise;
    },
    [Symbol.dispose]: looks.close,
  };
};

const away = new LedgerError('no answer', { code: 'ledger-unavailable' });

describe('openTaskLooks', () => {
  it('tells the end that a later look has shown while the ledger was still asked', async () => {
    using test = setup(60_000);
    test.see(undefined);
    test.see(COMPLETED);
    await test.answer(0, ok(PENDING));

    expect(await test.looks.next()).toEqual(ok(COMPLETED));
  });

  it('looks on while the ledger is away', async () => {
    using test = setup(60_000);
    test.see(undefined);
    await test.answer(0, err(away));
    test.see(PENDING);

    expect(await test.looks.next()).toEqual(ok(PENDING));
  });

  it('says that nothing is known when the time is over and the ledger is away', async () => {
    using test = setup(0);
    test.see(undefined);
    await test.answer(0, err(away));

    expect((await test.looks.next())?._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringMatching(
        /its queue does not hold it, and the ledger could not be asked: no answer$/,
      ),
    });
  });

  it('says that a task is removed that nobody knows', async () => {
    using test = setup(60_000);
    test.see(undefined);
    await test.answer(0, ok(undefined));

    expect((await test.looks.next())?._unsafeUnwrapErr().code).toBe('removed');
  });
});
