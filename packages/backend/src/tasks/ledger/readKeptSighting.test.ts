import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { sampleRecord } from '../domain/__fixtures__/sampleRecord';
import { TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskSighting } from '../domain/TaskSighting';
import { readKeptSighting } from './readKeptSighting';

const timeOut = { message: 'SMTP timed out', code: 'timeout', attempt: 3 } as const;
const retriedAs = TaskId();

const sight = async (
  kept: Partial<TaskRecord> | undefined,
  task = { id: TaskId(), taskName: 'mails:send' },
) =>
  (
    await readKeptSighting(
      { find: async () => ok(kept && sampleRecord({ name: 'mails:send', ...kept })) },
      task,
    )
  )._unsafeUnwrap();

describe('readKeptSighting', () => {
  it.each<[kept: Partial<TaskRecord>, end: TaskSighting['end']]>([
    [{ status: 'retrying', error: timeOut }, undefined],
    [
      { status: 'completed', value: 7 },
      { kind: 'completed', value: 7 },
    ],
    [
      { status: 'failed', error: timeOut, retriedAs },
      { kind: 'failed', error: timeOut, retriedAs },
    ],
    [
      { status: 'failed' },
      { kind: 'failed', error: { message: 'no reason is known', code: 'task-failed', attempt: 0 } },
    ],
    [
      { status: 'cancelled', cancelReason: 'sold out', retriedAs },
      { kind: 'cancelled', reason: 'sold out', retriedAs },
    ],
    [{ status: 'cancelled' }, { kind: 'cancelled' }],
  ])('sees a task that is %j as %j', async (kept, end) => {
    expect(await sight(kept)).toEqual({
      status: kept.status ?? 'pending',
      logCount: 0,
      ...(end === undefined ? {} : { end }),
    });
  });

  it('sees no task of another name, nor one that nobody knows or that is not of ours', async () => {
    expect(await sight({ name: 'orders:pack', status: 'completed' })).toBeUndefined();
    expect(await sight(undefined)).toBeUndefined();
    expect(await sight({}, { id: '7' as TaskId, taskName: 'mails:send' })).toBeUndefined();
  });

  it('sees nothing without a ledger', async () => {
    const seen = await readKeptSighting(undefined, { id: TaskId(), taskName: 'mails:send' });

    expect(seen).toEqual(ok(undefined));
  });
});
