import { describe, expect, it } from 'bun:test';
import { inject, injectable, Lifecycle, container as rootContainer, scoped, singleton } from 'tsyringe';
import { ResourceToken } from '../domain/ResourceToken';
import { TaskError } from '../domain/TaskError';
import { createResourceBench, LONG_MS, running } from './__fixtures__/ResourceBench';
import { defineResource } from './ResourceDefinition';

describe('resolve', () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (thrown) {
      return thrown;
    }
  };

  it('names what is known when it knows no such token', async () => {
    const { noted, createSet } = createResourceBench();
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

  it.each([undefined, rootContainer.createChildContainer()])(
    'refuses for good what is no token, with and without a container: %#',
    (container) => {
      const { createSet } = createResourceBench();
      const error = thrownBy(() => createSet([], { container }).resolve(undefined as never));

      expect(error).toMatchObject({
        code: 'fatal',
        message:
          'expected what is resolved to be a token (ResourceToken(name), a class, a symbol or a text), got undefined. None is known.',
      });
    },
  );

  it('says so of one that is in the list but not started', () => {
    const { noted, createSet } = createResourceBench();
    const set = createSet([], { listed: [noted('pool')] });

    expect(() => set.resolve('pool')).toThrow(
      'the resource "pool" is not started: no task that this worker takes names it in options.resources',
    );
  });

  it('asks the container for the rest, whose classes find the resources', async () => {
    const { noted, createSet } = createResourceBench();
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
    const { createSet } = createResourceBench();
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
    const { noted, createSet } = createResourceBench();
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
    const { createSet } = createResourceBench();
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
    const { createSet } = createResourceBench();
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
