import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { TaskError } from '../domain/TaskError';
import { setupTestScheduler } from './__fixtures__/setupTestScheduler';

describe('a handle', () => {
  it('answers the result, and lets the clock go on as far as needed', async () => {
    const { scheduler, call } = setupTestScheduler({ handler: ({ n }) => ok({ n }) });
    const handle = await call({ n: 1 }, { delayMs: 20_000 });
    const before = await handle.status();
    const result = await handle.result();

    expect([before._unsafeUnwrap(), result._unsafeUnwrap()]).toEqual(['scheduled', { n: 1 }] as never);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:20.000Z');
  });

  it('says that the time was too short', async () => {
    const { scheduler, call } = setupTestScheduler();
    const handle = await call({ n: 1 }, { delayMs: 20_000 });
    const [look, wait] = [await handle.result({ timeoutMs: 0 }), await handle.result({ timeoutMs: 19_999 })];

    expect([look, wait].map((answer) => answer._unsafeUnwrapErr().code)).toEqual(['timed-out', 'timed-out']);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:19.999Z');
    expect((await handle.result())._unsafeUnwrap()).toBeNull();
  });

  it('says why there is no value', async () => {
    const { call } = setupTestScheduler({ handler: () => err(TaskError.fatal('gone')) });
    const error = (await (await call({ n: 1 })).result())._unsafeUnwrapErr();

    expect(error).toMatchObject({ code: 'failed', failure: { message: 'gone', reason: 'fatal' } });
  });

  it('refuses a wrong time', async () => {
    const { call } = setupTestScheduler();

    expect((await (await call({ n: 1 })).result({ timeoutMs: -1 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('expected timeoutMs to be an integer from 0 to 2147483647, got -1'),
    });
  });

  it('in a handler waits for another task in vain, as with one slot', async () => {
    const { task, scheduler, call } = setupTestScheduler({
      handler: async ({ n }, { correlationId }) => {
        if (n === 2) return ok();
        const other = (await scheduler.schedule(correlationId, task, { n: 2 }))._unsafeUnwrap();
        return ok((await other.result({ timeoutMs: 1000 })).isErr());
      },
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)?.value).toBe(true);
  });

  it('cancels a handler that waits for its signal, between two calls of advance', async () => {
    const { scheduler, call } = setupTestScheduler({
      handler: (_item, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(ok()))),
    });
    const handle = await call({ n: 1 });
    await scheduler.advance(10);
    const asked = (await handle.cancel('enough'))._unsafeUnwrap();
    await scheduler.advance(0);

    expect([asked.status, asked.cancelRequestedAt?.toISOString()]).toEqual([
      'running',
      '2030-01-01T00:00:00.010Z',
    ]);
    expect(scheduler.getTask(handle.id)).toMatchObject({ status: 'cancelled', cancelReason: 'enough' });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:00.010Z');
  });

  it('tells the events of its task', async () => {
    const { call } = setupTestScheduler({
      handler: (_item, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
    });
    const events = await Array.fromAsync((await call({ n: 1 })).events());

    expect(events.map(({ status }) => status)).toEqual([
      'pending',
      'running',
      'retrying',
      'running',
      'completed',
    ]);
  });

  it('ends its events when the time is over', async () => {
    const { call } = setupTestScheduler();
    const events = await Array.fromAsync(
      (await call({ n: 1 }, { delayMs: 5000 })).events({ timeoutMs: 1000 }),
    );

    expect(events.map(({ status, error }) => [status, error?.code])).toEqual([
      ['scheduled', undefined],
      ['scheduled', 'timed-out'],
    ]);
  });
});
