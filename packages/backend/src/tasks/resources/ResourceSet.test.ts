import { describe, expect, it, spyOn } from 'bun:test';
import { createResourceBench, LONG_MS, never, running } from './__fixtures__/ResourceBench';
import { defineResource } from './ResourceDefinition';

describe('a resource set', () => {
  it('starts one after the other, resolves, and stops in reverse', async () => {
    const { events, noted, createSet } = createResourceBench();
    const set = createSet([noted('config'), noted('pool')]);

    expect(events).toEqual([]);
    expect((await set.start(running())).isOk()).toBe(true);
    expect([set.resolve('config'), set.resolve('pool')]).toEqual(['config', 'pool']);
    await set.stop(LONG_MS);
    expect(events).toEqual(['start config', 'start pool', 'stop pool', 'stop config']);
  });

  it('gives a start what the worker has, and what the resource needs', async () => {
    const { noted, createSet, logger } = createResourceBench();
    const pool = defineResource({
      token: 'pool',
      needs: ['config'],
      start: ({ appConfig, logger: given, signal, resolve }) => ({
        environment: appConfig.environment,
        isLogger: given === logger,
        isAborted: signal.aborted,
        config: resolve('config'),
      }),
    });
    const set = createSet([noted('config'), pool]);
    await set.start(running());

    expect(set.resolve('pool')).toEqual({
      environment: 'test',
      isLogger: true,
      isAborted: false,
      config: 'config',
    });
    await set.stop(LONG_MS);
  });

  it('refuses a start that resolves what its needs do not name, though it is there', async () => {
    const { noted, createSet, events } = createResourceBench();
    const pool = defineResource({ token: 'pool', start: ({ resolve }) => resolve('config') });
    const started = await createSet([noted('config'), pool]).start(running());

    expect(started._unsafeUnwrapErr().message).toBe(
      'the resource "pool" did not start: it resolves "config", which needs of "pool" does not name',
    );
    expect(events).toEqual(['start config', 'stop config']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no route to host');
      },
      'no route to host',
    ],
    ['rejects', () => Promise.reject('no route'), 'no route'],
    ['hangs', never, 'it took longer than startTimeoutMs (1 ms)'],
  ])('names a resource whose start %s, and stops what had started', async (_how, start, reason) => {
    const { events, noted, createSet } = createResourceBench();
    const set = createSet([
      noted('config'),
      noted('pool', { start, startTimeoutMs: 1, stopTimeoutMs: 1 }),
      noted('cache'),
    ]);
    const started = await set.start(running());

    expect(started._unsafeUnwrapErr().message).toBe(`the resource "pool" did not start: ${reason}`);
    expect(events).toEqual(['start config', 'stop config']);
  });

  it('aborts the signal of a start that takes too long, and stops what comes late all the same', async () => {
    const { events, noted, createSet } = createResourceBench();
    const late = Promise.withResolvers<string>();
    let reason: unknown;
    const pool = noted('pool', {
      ...{ startTimeoutMs: 1, stopTimeoutMs: 1 },
      start: ({ signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return late.promise;
      },
    });
    await createSet([pool]).start(running());
    expect(reason).toMatchObject({ message: 'it took longer than startTimeoutMs (1 ms)' });
    late.resolve('late');
    await Bun.sleep(0);

    expect(events).toEqual(['stop late']);
  });

  it('says why a start that took too long failed in the end', async () => {
    const { logger, noted, createSet } = createResourceBench();
    const late = Promise.withResolvers<string>();
    const pool = noted('pool', { ...{ startTimeoutMs: 1, stopTimeoutMs: 1 }, start: () => late.promise });
    await createSet([pool]).start(running());
    late.reject(new Error('no route to host'));
    await Bun.sleep(0);

    expect(logger.warn.mock.calls).toEqual([
      [
        'A resource failed to start, after its time was over',
        { resource: 'pool', reason: 'no route to host' },
      ],
    ]);
  });

  it('stops one after the other, though it is asked twice', async () => {
    const { events, noted, createSet } = createResourceBench();
    const stopped = Promise.withResolvers<void>();
    const cache = noted('cache', {
      stop: async () => {
        await stopped.promise;
        events.push('stop cache');
      },
    });
    const set = createSet([noted('pool'), cache]);
    await set.start(running());
    const stops = [set.stop(LONG_MS), set.stop(LONG_MS)];
    await Bun.sleep(0);
    stopped.resolve();
    await Promise.all(stops);

    expect(events).toEqual(['start pool', 'start cache', 'stop cache', 'stop pool']);
  });

  it('is not held up by a start that hangs when it is to stop', async () => {
    const { events, noted, createSet } = createResourceBench();
    const stop = new AbortController();
    const set = createSet([noted('config'), noted('pool', { start: never, stopTimeoutMs: 1 })]);
    const starting = set.start(stop.signal);
    await Bun.sleep(0);
    stop.abort();

    expect((await starting)._unsafeUnwrapErr().message).toBe(
      'the resource "pool" did not start: the worker stops',
    );
    expect(events).toEqual(['start config', 'stop config']);
  });

  it('starts nothing when it is to stop already', async () => {
    const { events, noted, createSet } = createResourceBench();
    const started = await createSet([noted('config'), noted('pool')]).start(AbortSignal.abort());

    expect(started._unsafeUnwrapErr().message).toBe('the resource "config" did not start: the worker stops');
    expect(events).toEqual([]);
  });

  it('lets a start that is given up close what it opened before it stops what that needs', async () => {
    const { events, noted, createSet } = createResourceBench();
    const stop = new AbortController();
    const pool = noted('pool', {
      needs: ['config'],
      start: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await Bun.sleep(0);
        events.push('pool closed');
        throw signal.reason;
      },
    });
    const starting = createSet([noted('config'), pool]).start(stop.signal);
    await Bun.sleep(0);
    stop.abort();
    await starting;

    expect(events).toEqual(['start config', 'pool closed', 'stop config']);
  });

  it('leaves no listener at the signal of its start', async () => {
    const { noted, createSet } = createResourceBench();
    const { signal } = new AbortController();
    const [added, removed] = [spyOn(signal, 'addEventListener'), spyOn(signal, 'removeEventListener')];
    const set = createSet([noted('config'), noted('pool')]);
    await set.start(signal);

    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls).toEqual(added.mock.calls.map(([event, listener]) => [event, listener]));
    await set.stop(LONG_MS);
  });

  it('logs a stop that fails or hangs, with its name, and goes on', async () => {
    const { events, noted, createSet, logger } = createResourceBench();
    const broken = new Error('already closed');
    const set = createSet([
      noted('config'),
      noted('pool', {
        stop: () => {
          throw broken;
        },
      }),
      noted('cache', { stop: never, stopTimeoutMs: 2 }),
    ]);
    await set.start(running());
    await set.stop(LONG_MS);

    expect(logger.error.mock.calls).toEqual([
      ['A resource failed to stop; it is left behind', broken, { resource: 'pool' }],
    ]);
    expect(logger.warn.mock.calls).toEqual([
      ['A resource did not stop in time; it is left behind', { resource: 'cache', limitMs: 2 }],
    ]);
    expect(events).toEqual(['start config', 'start pool', 'start cache', 'stop config']);
  });

  it('leaves each stop its share of the time, so that one that hangs keeps none from it', async () => {
    const { events, noted, createSet, logger, clock } = createResourceBench();
    const mailer = noted('mailer', {
      stop: () => {
        clock.nowMs += 2;
      },
    });
    const hanging = ['pool', 'cache'].map((token) => noted(token, { stop: never }));
    const set = createSet([noted('config'), ...hanging, mailer]);
    await set.start(running());
    await set.stop(8);

    expect(logger.warn.mock.calls.map(([, facts]) => facts)).toEqual([
      { resource: 'cache', limitMs: 2 },
      { resource: 'pool', limitMs: 3 },
    ]);
    expect(events.at(-1)).toBe('stop config');
  });
});
