import { describe, expect, it, spyOn } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { inject, injectable, Lifecycle, container as rootContainer, scoped, singleton } from 'tsyringe';
import { ResourceToken } from '../domain/ResourceToken';
import { TaskError } from '../domain/TaskError';
import { defineResource, type ResourceDefinition, type ResourceSpecification } from './ResourceDefinition';
import { createResourceSet, type ResourceSetOptions } from './ResourceSet';

const LONG_MS = 60_000;

const never = (): Promise<never> => new Promise(() => undefined);

const setup = () => {
  const events: string[] = [];
  const logger = getMockedLogger();
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const clock = { nowMs: 0 };
  return {
    events,
    logger,
    /** What the time for all stops is measured with; it stands still. */
    clock,
    /** A resource whose value is its token, and that notes its start and stop. */
    noted: (token: string, given: Partial<ResourceSpecification<string>> = {}): ResourceDefinition<string> =>
      defineResource<string>({
        token,
        start: async () => {
          events.push(`start ${token}`);
          return token;
        },
        stop: (value) => void events.push(`stop ${value}`),
        ...given,
      }),
    createSet: (
      definitions: readonly ResourceDefinition[],
      { listed = definitions, container }: Partial<ResourceSetOptions> = {},
    ) => createResourceSet({ definitions, listed, container, logger, appConfig, nowMs: () => clock.nowMs }),
  };
};

const running = (): AbortSignal => new AbortController().signal;

describe('a resource set', () => {
  it('starts one after the other, resolves, and stops in reverse', async () => {
    const { events, noted, createSet } = setup();
    const set = createSet([noted('config'), noted('pool')]);

    expect(events).toEqual([]);
    expect((await set.start(running())).isOk()).toBe(true);
    expect([set.resolve('config'), set.resolve('pool')]).toEqual(['config', 'pool']);
    await set.stop(LONG_MS);
    expect(events).toEqual(['start config', 'start pool', 'stop pool', 'stop config']);
  });

  it('gives a start what the worker has, and what the resource needs', async () => {
    const { noted, createSet, logger } = setup();
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
    const { noted, createSet, events } = setup();
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
    const { events, noted, createSet } = setup();
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
    const { events, noted, createSet } = setup();
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

  it('is not held up by a start that hangs when it is to stop', async () => {
    const { events, noted, createSet } = setup();
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
    const { events, noted, createSet } = setup();
    const started = await createSet([noted('config'), noted('pool')]).start(AbortSignal.abort());

    expect(started._unsafeUnwrapErr().message).toBe('the resource "config" did not start: the worker stops');
    expect(events).toEqual([]);
  });

  it('lets a start that is given up close what it opened before it stops what that needs', async () => {
    const { events, noted, createSet } = setup();
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
    const { noted, createSet } = setup();
    const { signal } = new AbortController();
    const [added, removed] = [spyOn(signal, 'addEventListener'), spyOn(signal, 'removeEventListener')];
    const set = createSet([noted('config'), noted('pool')]);
    await set.start(signal);

    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls).toEqual(added.mock.calls.map(([event, listener]) => [event, listener]));
    await set.stop(LONG_MS);
  });

  it('logs a stop that fails or hangs, with its name, and goes on', async () => {
    const { events, noted, createSet, logger } = setup();
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
    const { events, noted, createSet, logger, clock } = setup();
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

describe('resource sets of one process', () => {
  it('share what they have in common: started once, stopped by the last', async () => {
    const { events, noted, createSet } = setup();
    const [config, pool] = [noted('config'), noted('pool')];
    const [one, other] = [createSet([config, pool]), createSet([config])];
    await Promise.all([one.start(running()), other.start(running())]);
    expect(events).toEqual(['start config', 'start pool']);

    await one.stop(LONG_MS);
    await one.stop(LONG_MS);
    expect(events.slice(2)).toEqual(['stop pool']);
    expect(other.resolve('config')).toBe('config');
    await other.stop(LONG_MS);
    expect(events.slice(3)).toEqual(['stop config']);
  });

  it('have their own of what needs another of theirs, so that none outlives what it was started with', async () => {
    const { events, noted, createSet } = setup();
    const rates = noted('rates', {
      needs: ['settings'],
      start: ({ resolve }) => `rates with ${resolve('settings')}`,
    });
    const cache = noted('cache', {
      needs: ['rates'],
      start: ({ resolve }) => `cache of ${resolve('rates')}`,
    });
    const settings = (name: string) => noted('settings', { start: () => name });
    const euro = settings('euro');
    const sets = [euro, settings('dollar'), euro].map((need) => createSet([need, rates, cache]));
    await Promise.all(sets.map((set) => set.start(running())));
    expect(sets.map((set) => set.resolve('cache'))).toEqual([
      'cache of rates with euro',
      'cache of rates with dollar',
      'cache of rates with euro',
    ]);

    for (const set of sets) await set.stop(LONG_MS);
    expect(events).toEqual([
      'stop cache of rates with dollar',
      'stop rates with dollar',
      'stop dollar',
      'stop cache of rates with euro',
      'stop rates with euro',
      'stop euro',
    ]);
  });

  it('start it again after the last has stopped it, and not before the stop is done', async () => {
    const { events, noted, createSet } = setup();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', {
      stop: async () => {
        events.push('stop begins');
        await stopped.promise;
        events.push('stop ends');
      },
    });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const again = createSet([pool]);
    const starting = again.start(running());
    await Bun.sleep(0);
    stopped.resolve();
    await Promise.all([stopping, starting]);

    expect(events).toEqual(['start pool', 'stop begins', 'stop ends', 'start pool']);
    await again.stop(LONG_MS);
  });

  it('start nothing for one that has stopped while it waited for such a stop', async () => {
    const { events, noted, createSet } = setup();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', { stop: () => stopped.promise });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const stop = new AbortController();
    const starting = createSet([pool]).start(stop.signal);
    stop.abort();
    stopped.resolve();
    await Promise.all([stopping, starting]);

    expect(events).toEqual(['start pool']);
  });

  it('stop in the time they have, though the stop of another, which they waited for, takes longer', async () => {
    const { noted, createSet } = setup();
    const stopped = Promise.withResolvers<void>();
    const pool = noted('pool', { stop: () => stopped.promise });
    const one = createSet([pool]);
    await one.start(running());
    const stopping = one.stop(LONG_MS);
    const other = createSet([pool]);
    const starting = other.start(running());

    await other.stop(0);
    stopped.resolve();
    await stopping;
    expect((await starting)._unsafeUnwrapErr().message).toContain('nobody needs it any more');
  });

  it('try a start again that has failed', async () => {
    const { noted, createSet } = setup();
    let startCount = 0;
    const pool = noted('pool', {
      start: () => {
        startCount += 1;
        if (startCount === 1) throw new Error('no route to host');
        return 'pool';
      },
    });
    const set = createSet([pool]);

    expect((await set.start(running())).isErr()).toBe(true);
    expect((await set.start(running())).isOk()).toBe(true);
    expect(set.resolve('pool')).toBe('pool');
    await set.stop(LONG_MS);
  });

  it('try it again when the start that took too long has ended, and what it opened is stopped', async () => {
    const { events, noted, createSet } = setup();
    const first = Promise.withResolvers<string>();
    let startCount = 0;
    const pool = noted('pool', {
      startTimeoutMs: 1,
      start: () => {
        startCount += 1;
        events.push(`start ${startCount}`);
        return startCount === 1 ? first.promise : 'second';
      },
    });
    const set = createSet([pool]);
    const failing = set.start(running());
    await Bun.sleep(2);
    const again = createSet([pool]).start(running());
    await Bun.sleep(0);
    first.resolve('first');
    await Promise.all([failing, again]);

    expect(events).toEqual(['start 1', 'stop first', 'start 2']);
  });

  it('try it again after stopTimeoutMs, though the start that took too long never ends', async () => {
    const { noted, createSet } = setup();
    let startCount = 0;
    const pool = noted('pool', {
      ...{ startTimeoutMs: 1, stopTimeoutMs: 1 },
      start: () => {
        startCount += 1;
        return startCount === 1 ? never() : 'second';
      },
    });
    const set = createSet([pool]);

    expect((await set.start(running())).isErr()).toBe(true);
    expect((await set.start(running())).isOk()).toBe(true);
    await set.stop(LONG_MS);
  });

  it('go on with a start that one of them no longer waits for', async () => {
    const { events, noted, createSet } = setup();
    const opened = Promise.withResolvers<string>();
    const pool = noted('pool', { start: () => opened.promise });
    const stop = new AbortController();
    const [one, other] = [createSet([pool]), createSet([pool])];
    const starting = [one.start(stop.signal), other.start(running())];
    stop.abort();
    await starting[0];
    opened.resolve('pool');

    expect((await starting[1])?.isOk()).toBe(true);
    expect(events).toEqual([]);
    await other.stop(LONG_MS);
    expect(events).toEqual(['stop pool']);
  });
});

describe('resolve', () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (thrown) {
      return thrown;
    }
  };

  it('names what is known when it knows no such token', async () => {
    const { noted, createSet } = setup();
    const set = createSet([noted('database pool'), noted('mailer')]);
    await set.start(running());
    const error = thrownBy(() => set.resolve(ResourceToken('databse pool')));

    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({
      code: 'fatal',
      message:
        'no resource is registered as "databse pool". Did you mean "database pool"? Known are: "database pool", "mailer"',
    });
    await set.stop(LONG_MS);
  });

  it('says so of one that is in the list but not started', () => {
    const { noted, createSet } = setup();
    const set = createSet([], { listed: [noted('pool')] });

    expect(() => set.resolve('pool')).toThrow(
      'the resource "pool" is not started: no task that this worker takes names it in options.resources',
    );
  });

  it('asks the container for the rest, whose classes find the resources', async () => {
    const { noted, createSet } = setup();
    const nameToken = ResourceToken<string>('name');
    @injectable()
    class Greeter {
      constructor(
        @inject('pool') readonly pool: string,
        @inject(nameToken) readonly name: string,
      ) {}
    }
    const container = rootContainer.createChildContainer().registerInstance(nameToken, 'Ada');
    const set = createSet([noted('pool')], { container });
    await set.start(running());

    expect(set.resolve(nameToken)).toBe('Ada');
    expect({ ...set.resolve(Greeter) }).toEqual({ pool: 'pool', name: 'Ada' });
    expect(container.isRegistered('pool', true)).toBe(false);
    expect(thrownBy(() => set.resolve('poool'))).toMatchObject({ code: 'fatal' });
    await set.stop(LONG_MS);
  });

  it('gives each set its own of a class that is scoped to the container; a singleton keeps what it found first', async () => {
    const { createSet } = setup();
    @scoped(Lifecycle.ContainerScoped)
    class Scoped {
      constructor(@inject('pool') readonly pool: { isOpen: boolean }) {}
    }
    @singleton()
    class Single {
      constructor(@inject('pool') readonly pool: { isOpen: boolean }) {}
    }
    const container = rootContainer.createChildContainer();
    const openPool = () =>
      defineResource({
        token: 'pool',
        start: () => ({ isOpen: true }),
        stop: (pool) => (pool.isOpen = false),
      });
    const found = async () => {
      const set = createSet([openPool()], { container });
      await set.start(running());
      const services = [set.resolve(Scoped), set.resolve(Scoped), set.resolve(Single)];
      const areOpen = services.map(({ pool }) => pool.isOpen);
      await set.stop(LONG_MS);
      return { areOpen, isSame: services[0] === services[1] };
    };

    expect(await found()).toEqual({ areOpen: [true, true, true], isSame: true });
    expect(await found()).toEqual({ areOpen: [true, true, false], isSame: true });
  });

  it('gives the next start a container of its own: nothing of a start that failed is left in it', async () => {
    const { noted, createSet } = setup();
    @scoped(Lifecycle.ContainerScoped)
    class Queries {
      constructor(@inject('pool') readonly pool: string) {}
    }
    let startCount = 0;
    const pool = noted('pool', {
      start: () => {
        startCount += 1;
        return `pool ${startCount}`;
      },
    });
    const cache = noted('cache', {
      needs: ['pool'],
      start: ({ resolve }) => {
        const queries = resolve(Queries);
        if (startCount === 1) throw new Error('no route to host');
        return `cache of ${queries.pool}`;
      },
    });
    const set = createSet([pool, cache], { container: rootContainer.createChildContainer() });
    await set.start(running());
    await set.start(running());

    expect([set.resolve('cache'), set.resolve(Queries).pool]).toEqual(['cache of pool 2', 'pool 2']);
    await set.stop(LONG_MS);
  });

  it.each([undefined, null, 0])('lets a class have a resource injected whose value is %p', async (value) => {
    const { createSet } = setup();
    @injectable()
    class Reports {
      constructor(@inject('errors') readonly errors: unknown) {}
    }
    const errors = defineResource({ token: 'errors', start: () => value });
    const set = createSet([errors], { container: rootContainer.createChildContainer() });
    await set.start(running());

    expect(set.resolve(Reports).errors).toBe(value);
    await set.stop(LONG_MS);
  });

  it('says why the container cannot make a class', () => {
    const { createSet } = setup();
    @injectable()
    class Reports {
      constructor(@inject('nothing') readonly nothing: unknown) {}
    }
    const error = thrownBy(() =>
      createSet([], { container: rootContainer.createChildContainer() }).resolve(Reports),
    );

    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({
      code: 'fatal',
      message: expect.stringMatching(/^the container cannot resolve "Reports": Cannot inject the dependency/),
    });
  });
});
