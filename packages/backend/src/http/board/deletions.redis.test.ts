import { describe, expect, it } from 'bun:test';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { boardPathOf, sendToBoard, waitForStatus } from '../__fixtures__/BoardClient';
import { CANCELLED, createDeletionBench, PACK } from '../__fixtures__/DeletionBench';

describe('deleting a task on the board', () => {
  it('cancels one that waits, in the ledger too, which would bring it back', async () => {
    await using bench = await createDeletionBench();
    const id = await bench.schedule({ delayMs: 600_000 });

    expect(await bench.put('clean', { id })).toEqual([204, undefined]);
    expect(await bench.kept(id)).toEqual([CANCELLED]);
    expect((await bench.running.inspector.getTask(id))._unsafeUnwrap().status).toBe('cancelled');
  });

  it('deletes one that is cancelled', async () => {
    await using bench = await createDeletionBench();
    const id = await bench.schedule({ delayMs: 600_000 });
    await bench.put('clean', { id });

    expect(await bench.put('clean', { id })).toEqual([204, undefined]);
    expect((await sendToBoard(bench.running, 'GET', boardPathOf(PACK, id))).status).toBe(404);
    expect(await bench.client.zcard(bench.queue.toKey('cancelled'))).toBe(0);
    expect(await bench.kept(id)).toEqual([CANCELLED]);
  });

  it('asks one that runs to stop', async () => {
    await using bench = await createDeletionBench();
    await bench.running.startWorker();
    const id = await bench.schedule({}, { isSlow: true });
    await bench.started;

    expect(await bench.put('clean', { id })).toEqual([204, undefined]);
    await waitForStatus(bench.running, id, 'cancelled');
    expect(await bench.kept(id)).toEqual([CANCELLED]);
  });

  it('deletes one that has ended, of which the ledger keeps its row', async () => {
    await using bench = await createDeletionBench();
    await bench.running.startWorker();
    const id = await bench.schedule();
    await waitForStatus(bench.running, id, 'completed');

    expect(await bench.put('clean', { id })).toEqual([204, undefined]);
    expect((await sendToBoard(bench.running, 'GET', boardPathOf(PACK, id))).status).toBe(404);
    expect(await bench.kept(id)).toEqual([['completed', undefined]]);
  });

  it('says so when the ledger cannot be told, and deletes it no sooner', async () => {
    await using bench = await createDeletionBench();
    const id = await bench.schedule({ delayMs: 600_000 });
    await sharedTaskLedger(bench.running.appConfig)?.close();
    const refusal = [400, expect.stringContaining('the ledger could not be told')];

    for (let call = 1; call <= 2; call += 1) expect(await bench.put('clean', { id })).toEqual(refusal);
    expect(await bench.keys()).toContain(id);

    await closeSharedLedgers();
    await bench.put('clean', { id });
    expect([await bench.keys(), await bench.kept(id)]).toEqual([
      expect.not.arrayContaining([id]),
      [CANCELLED],
    ]);
  });
});

describe('deleting the tasks of a queue on the board', () => {
  it.each([
    ['empty', ['cancelled', 'cancelled', 'scheduled']],
    ['obliterate', ['cancelled', 'cancelled', 'cancelled']],
  ])('cancels those that wait: %s', async (action, statuses) => {
    await using bench = await createDeletionBench();
    await bench.put('pause');
    const ids = [await bench.schedule(), await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];

    expect(await bench.put(action)).toEqual([200, undefined]);
    expect((await bench.kept(...ids)).map(([status]) => status)).toEqual(statuses);
    await bench.put('resume');
    await bench.running.startWorker();
    const last = await bench.schedule({ priority: 'low' });
    await waitForStatus(bench.running, last, 'completed');
    expect(bench.state.runCount).toBe(1);
  });

  it('spares what was scheduled a moment before it is cleaned', async () => {
    await using bench = await createDeletionBench();
    const id = await bench.schedule({ delayMs: 600_000 });

    expect(await bench.put('clean/delayed')).toEqual([200, undefined]);
    expect(await bench.kept(id)).toEqual([['scheduled', undefined]]);
  });

  it.each(['active', 'meta', 'constructor'])('cleans nothing called %s', async (state) => {
    await using bench = await createDeletionBench();

    expect(await bench.put(`clean/${state}`)).toEqual([
      400,
      `expected the state that is cleaned to be one of completed, failed, prioritized, wait, delayed, waiting-children, waiting, got ${state}`,
    ]);
  });

  it('cancels more than it does at the same time', async () => {
    await using bench = await createDeletionBench();
    const ids = await Promise.all(Array.from({ length: 250 }, () => bench.schedule()));

    expect(await bench.put('empty')).toEqual([200, undefined]);
    expect(await bench.kept(...ids)).toEqual(ids.map(() => CANCELLED));
  });

  it('does nothing for a request that is given up, and says what is left', async () => {
    await using bench = await createDeletionBench();
    const id = await bench.schedule();
    const path = `/board/api/queues${boardPathOf(PACK)}/empty`;
    const answer = await bench.running.app.request(path, { method: 'PUT', signal: AbortSignal.abort() });

    expect(await answer.json()).toMatchObject({
      message: 'the request was ended; 0 tasks are done, 1 are left: call again',
    });
    expect(await bench.kept(id)).toEqual([['pending', undefined]]);
  });
});

describe('obliterating a queue on the board', () => {
  it('leaves nothing of it in Redis, tasks that were cancelled before included', async () => {
    await using bench = await createDeletionBench();
    const before = await bench.schedule({ delayMs: 600_000 });
    await bench.put('clean', { id: before });
    const ids = [await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];
    await bench.put('pause');

    expect(await bench.put('obliterate')).toEqual([200, undefined]);
    expect(await bench.keys()).toEqual([]);
    expect(await bench.kept(before, ...ids)).toEqual([CANCELLED, CANCELLED, CANCELLED]);
  });

  it('is refused as a whole while a task runs, unless it is forced', async () => {
    await using bench = await createDeletionBench({ concurrency: 1 });
    await bench.running.startWorker();
    await bench.schedule({}, { isSlow: true });
    await bench.started;
    const waiting = [await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];
    await bench.put('pause');
    const keys = await bench.keys();

    expect(await bench.put('obliterate')).toEqual([409, { key: 'ERRORS.QUEUE_HAS_ACTIVE_JOBS_DETAILS' }]);
    expect(await bench.kept(...waiting)).toEqual([
      ['pending', undefined],
      ['scheduled', undefined],
    ]);
    expect(await bench.keys()).toEqual(keys);
    expect(bench.state.abortCount).toBe(0);
  });

  it('ends in the ledger what runs, so that nothing brings it back', async () => {
    await using bench = await createDeletionBench({ isBroken: true });
    await bench.running.startWorker();
    const id = await bench.schedule({}, { isSlow: true, isDeaf: true });
    await bench.started;
    await bench.put('pause');

    expect(await bench.put('obliterate', { force: true })).toEqual([200, undefined]);
    expect(await bench.kept(id)).toEqual([CANCELLED]);
    bench.release();
    await bench.running.stopWorkers();
    expect(await bench.kept(id)).toEqual([CANCELLED]);
    expect(await bench.keys()).not.toContain(id);
  });

  it('deletes nothing when the ledger cannot be told of what runs', async () => {
    await using bench = await createDeletionBench();
    await bench.running.startWorker();
    const id = await bench.schedule({}, { isSlow: true, isDeaf: true });
    await bench.started;
    await bench.put('pause');
    await sharedTaskLedger(bench.running.appConfig)?.close();

    expect(await bench.put('obliterate', { force: true })).toEqual([
      400,
      expect.stringMatching(/^tasks that run were asked to stop, and none is deleted, .+; call again$/),
    ]);
    expect(await bench.keys()).toContain(id);
    await closeSharedLedgers();
  });
});

describe('deleting on the board without a ledger', () => {
  it.each([
    ['empty', 1],
    ['obliterate', 0],
  ])('deletes tasks, and leaves nothing of them in Redis: %s', async (action, leftCount) => {
    await using bench = await createDeletionBench({ hasLedger: false });
    await bench.put('pause');
    const ids: readonly string[] = [
      await bench.schedule(),
      await bench.schedule(),
      await bench.schedule({ delayMs: 600_000 }),
    ];

    expect(await bench.put(action)).toEqual([200, undefined]);
    expect((await bench.keys()).filter((key) => ids.includes(key))).toHaveLength(leftCount);
  });

  it('deletes one task, also one that is cancelled', async () => {
    await using bench = await createDeletionBench({ hasLedger: false });
    const [waiting, cancelled] = [await bench.schedule(), await bench.schedule()];
    (await bench.running.inspector.cancel(cancelled))._unsafeUnwrap();

    for (const id of [waiting, cancelled]) expect(await bench.put('clean', { id })).toEqual([204, undefined]);
    expect(await bench.put('clean', { id: TaskId() })).toEqual([404, undefined]);
    expect(await bench.client.zcard(bench.queue.toKey('cancelled'))).toBe(0);
    const keys = await bench.keys();
    expect([waiting, cancelled].filter((id) => keys.includes(id))).toEqual([]);
  });

  it('obliterates the tasks that are cancelled too', async () => {
    await using bench = await createDeletionBench({ hasLedger: false });
    (await bench.running.inspector.cancel(await bench.schedule()))._unsafeUnwrap();
    await bench.put('pause');

    expect(await bench.put('obliterate')).toEqual([200, undefined]);
    expect(await bench.keys()).toEqual([]);
  });
});
