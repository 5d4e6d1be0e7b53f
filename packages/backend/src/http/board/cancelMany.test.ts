import { describe, expect, it } from 'bun:test';
import { sampleRecord } from '@backend/tasks/domain/__fixtures__/sampleRecord';
import { CancelError } from '@backend/tasks/domain/CancelError';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { type ChangedTask } from '@backend/tasks/ledger/TaskCancellation';
import { err, ok, type Result } from 'neverthrow';
import { BoardRefusal } from './BoardRefusal';
import { cancelMany } from './cancelMany';
import { createRequestLimit } from './RequestLimit';

const toIds = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `task-${index}`);

const cancelled = async (id: string): Promise<Result<ChangedTask, CancelError>> =>
  ok({ change: 'cancelled', record: { ...sampleRecord(), id: id as TaskId } });

const failing = async (code: 'not-found' | 'not-cancellable' | 'ledger-unavailable') =>
  err(new CancelError('the ledger could not be told', { code }));

/** Cancels tasks, and tells which and what it ended in. */
const run = async ({
  ids = toIds(3),
  cancel = cancelled,
  limit = createRequestLimit(),
  ...others
}: Partial<Parameters<typeof cancelMany>[0]>) => {
  const calls: string[] = [];
  const ended = await cancelMany({
    ids,
    limit,
    cancel: (id) => {
      calls.push(id);
      return cancel(id);
    },
    ...others,
  }).then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof BoardRefusal ? thrown.message : thrown),
  );
  return { calls, ended };
};

describe('cancelMany', () => {
  it('cancels all, each once', async () => {
    const ids = toIds(1203);

    expect(await run({ ids })).toEqual({ calls: [...ids], ended: 'done' });
  });

  it('tells of each part before the next', async () => {
    const told: number[] = [];
    const { calls, ended } = await run({
      ids: toIds(500),
      onCancelled: async (tasks) => {
        told.push(tasks.length);
        if (told.length === 2) throw new BoardRefusal('enough');
      },
    });

    expect([told, calls.length, ended]).toEqual([[200, 200], 400, 'enough']);
  });

  it('cancels so many in one request, and says what is left', async () => {
    const { calls, ended } = await run({ ids: toIds(10_001), unlistedCount: 5000 });

    expect(calls).toHaveLength(10_000);
    expect(ended).toBe(
      'one request cancels 10,000 tasks at most; 10,000 tasks are done, 5,001 are left: call again',
    );
  });

  it('begins nothing more after its time', async () => {
    let nowMs = 0;
    const limit = createRequestLimit({ now: () => nowMs });
    const cancel = (id: string) => {
      nowMs = 20_000;
      return cancelled(id);
    };
    const { calls, ended } = await run({ ids: toIds(201), limit, cancel });

    expect(calls).toHaveLength(200);
    expect(ended).toBe(
      'one request cancels tasks for 20 s at most; 200 tasks are done, 1 are left: call again',
    );
  });

  it('begins nothing more when nobody waits for the answer', async () => {
    const controller = new AbortController();
    const limit = createRequestLimit({ signal: controller.signal });
    const cancel = (id: string) => {
      controller.abort();
      return cancelled(id);
    };
    const { calls, ended } = await run({ ids: toIds(300), limit, cancel });

    expect(calls).toHaveLength(200);
    expect(ended).toBe('the request was ended; 200 tasks are done, 100 are left: call again');
  });

  it('passes over what has ended or is gone', async () => {
    const cancel = (id: string) =>
      id === 'task-0' ? failing('not-cancellable') : id === 'task-1' ? failing('not-found') : cancelled(id);

    expect((await run({ cancel })).ended).toBe('done');
  });

  it('ends after the part in which one could not be cancelled', async () => {
    const cancel = (id: string) => (id === 'task-1' ? failing('ledger-unavailable') : cancelled(id));
    const { calls, ended } = await run({ ids: toIds(300), cancel });

    expect(calls).toHaveLength(200);
    expect(ended).toBe('the ledger could not be told; 199 tasks are done, 101 are left: call again');
  });
});
