import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok, okAsync, type Result } from 'neverthrow';
import { createMemoryStepStore, type MemoryStepStore } from './__fixtures__/MemoryStepStore';
import { TaskError } from './TaskError';
import { MAX_STEPS, type StepWork } from './TaskStep';
import { createTaskSteps } from './TaskSteps';

/** One attempt on a store. */
const setup = (store: MemoryStepStore = createMemoryStepStore(), maxResultBytes = 100) => {
  const controller = new AbortController();
  const logger = getMockedLogger();
  const { step, close } = createTaskSteps({
    store,
    logger,
    maxResultBytes,
    toKey: (name) => `key of ${name}`,
    getSignal: () => controller.signal,
    now: () => new Date(1000),
  });
  return {
    store,
    logger,
    step,
    close,
    abort: (reason: unknown) => controller.abort(reason),
    /** What the step rejects with. */
    refusal: async (name: unknown, work: unknown = () => 1): Promise<unknown> =>
      step(name as string, work as StepWork<unknown>).then(
        (value) => ({ value }),
        (error: unknown) => error,
      ),
  };
};

const fail = (message: string): never => {
  throw new Error(message);
};

const fatal = (message: string) => expect.objectContaining({ code: 'fatal', message });

describe('a step', () => {
  it('is done once, and answers the same in the next attempt', async () => {
    const first = setup();
    const charged = await first.step('charge', () => ({ id: 'ch_1', at: new Date(0), note: undefined }));
    const second = setup(first.store);
    const again = await second.step('charge', () => {
      throw new Error('done twice');
    });

    expect<unknown>(charged).toEqual({ id: 'ch_1', at: '1970-01-01T00:00:00.000Z' });
    expect<unknown>(again).toEqual(charged);
    expect(first.store.steps).toEqual([
      { name: 'charge', place: 0, endedAtMs: 1000, isResult: false, value: charged },
    ]);
    expect(second.logger.debug).toHaveBeenCalledWith('A finished step is not done again', { step: 'charge' });
  });

  it('may answer nothing', async () => {
    const { store, step } = setup();

    expect(await step('notify', () => undefined)).toBeUndefined();
    expect(await setup(store).step('notify', () => 'done twice')).toBeUndefined();
  });

  it('gets a key that belongs to its name', async () => {
    expect(await setup().step('charge', ({ idempotencyKey }) => idempotencyKey)).toBe('key of charge');
  });

  it('answers a copy, which its maker may go on changing', async () => {
    const made = { count: 1 };
    const answer = await setup().step('count', () => made);
    made.count = 2;

    expect(answer).toEqual({ count: 1 });
  });

  it('keeps an ok and answers an ok again', async () => {
    const { store, step } = setup();
    const charged: Result<{ id: string }, Error> = await step('charge', () => okAsync({ id: 'ch_1' }));
    const again = await setup(store).step('charge', async () => err(new Error('done twice')));

    expect([charged, again]).toEqual([ok({ id: 'ch_1' }), ok({ id: 'ch_1' })]);
  });

  it('hands an err on, and is done again by the next call', async () => {
    const { store, step } = setup();
    const refused = err(new TaskError('refused'));

    expect(await step('charge', (): Result<number, TaskError> => refused)).toBe(refused);
    expect(store.steps).toEqual([]);
    expect(await step('charge', () => ok(2))).toEqual(ok(2));
  });

  it.each([
    ['an error', new Error('refused')],
    ['a wish to run later', TaskError.retryLater(70)],
    ['a text', 'refused'],
  ])('rejects with %s, which its work throws, and is done again by the next call', async (_what, thrown) => {
    const { store, step, refusal } = setup();

    expect(
      await refusal('charge', () => {
        throw thrown;
      }),
    ).toBe(thrown);
    expect(await step('charge', async () => 2)).toBe(2);
    expect(store.steps.map(({ place }) => place)).toEqual([0]);
  });

  it('takes what another one has stored first', async () => {
    const { store, step } = setup();
    store.onSave = async (own) => ({ kind: 'stored', step: { ...own, value: 'theirs' } });

    expect(await step('charge', () => 'ours')).toBe('theirs');
  });

  it('loads what is stored once in an attempt', async () => {
    const { store, step } = setup();
    await Promise.all([step('a', () => 1), step('b', () => 2)]);
    await step('c', () => 3);

    expect(store.loadCount).toBe(1);
    expect(store.steps.map(({ name, place }) => `${name} ${place}`)).toEqual(['a 0', 'b 1', 'c 2']);
  });
});

describe('a call of a step is refused', () => {
  const names: [name: unknown, shown: string][] = [
    ['', '""'],
    [undefined, 'undefined'],
    [7, '7'],
    ['x'.repeat(201), `"${'x'.repeat(79)}`],
    ['\ud800', '"\\ud800"'],
  ];

  it.each(names)('with the name %p', async (name, shown) => {
    const { store, refusal } = setup();

    expect(await refusal(name)).toEqual(
      fatal(`expected the name of a step to be a well-formed text of 1 to 200 characters, got ${shown}`),
    );
    expect(store.loadCount).toBe(0);
  });

  it('without work', async () => {
    expect(await setup().refusal('a', 'b')).toEqual(
      fatal('expected the work of the step "a" to be a function, got "b"'),
    );
  });

  it('when one of its name has ended in the attempt, but not for the longest name', async () => {
    const { step, refusal } = setup();
    await step('x'.repeat(200), () => 1);
    await step('send', () => 1);

    expect(await refusal('send')).toEqual(
      fatal(
        'expected the name of a step to be unique in its attempt, got "send" twice; in a loop, put what differs into the name',
      ),
    );
  });

  it('when one of its name runs, which goes on', async () => {
    const { step, refusal } = setup();
    const gate = Promise.withResolvers<number>();
    const first = step('send', () => gate.promise);

    expect(await refusal('send')).toEqual(
      fatal('expected one call of the step "send" at a time, got another while it runs'),
    );
    gate.resolve(1);
    expect(await first).toBe(1);
  });

  it('inside another step, but not beside one', async () => {
    const { step, refusal } = setup();
    const inner = await step('outer', async () => (await refusal('inner')) instanceof TaskError);

    expect(inner).toBe(true);
    expect(await step('other', () => setup().step('inner', () => 'of another task'))).toBe('of another task');
    expect(
      await setup().refusal('a', async () => {
        throw TaskError.fatal('x');
      }),
    ).toEqual(fatal('x'));
  });

  it('names the step that it is nested in', async () => {
    const { step, refusal } = setup();
    let message: unknown;
    await step('outer', async () => {
      message = await refusal('inner');
    });

    expect(message).toEqual(
      fatal('expected the step "inner" outside of another step, got it inside "outer"'),
    );
  });

  it('beyond the limit, before its work runs; a finished one is answered', async () => {
    const stored = createMemoryStepStore(Array.from({ length: MAX_STEPS - 1 }, (_, n) => `n${n}`));
    const { step, refusal } = setup(stored);
    let runs = 0;
    await step('last', () => 1);

    expect(
      await refusal('more', () => {
        runs += 1;
      }),
    ).toEqual(fatal('expected at most 1000 steps in a task, got "more" as one more'));
    expect(runs).toBe(0);
    expect(await step('n7', () => 'done twice')).toBe('stored n7');
  });

  it('after its handler has ended', async () => {
    const { close, refusal } = setup();
    await close({ hasCompleted: true });

    expect(await refusal('late')).toEqual(
      fatal('expected the step "late" while its handler runs, got it after the handler\'s end'),
    );
  });

  it('when the attempt is over, with its reason', async () => {
    const { abort, refusal, store } = setup();
    const reason = new TaskError('too slow', {}, { code: 'timeout' });
    abort(reason);

    expect(await refusal('late')).toBe(reason);
    expect(store.loadCount).toBe(0);
  });
});

describe('a result of a step', () => {
  it.each([
    ['a bigint inside', { size: 1n }, 'expected size to be something JSON carries unchanged, got a bigint'],
    ['a function', () => 1, 'expected the value to be something JSON carries unchanged, got a function'],
    ['a text that is too long', 'x'.repeat(99), 'expected at most 100 bytes of JSON, got 101'],
  ])('that cannot be stored ends the task: %s', async (_what, value, problem) => {
    const { store, refusal, logger } = setup();

    expect(await refusal('charge', () => value)).toEqual(
      fatal(`the result of the step "charge" cannot be stored: ${problem}`),
    );
    expect(store.steps).toEqual([]);
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('that refuses to be read is named too', async () => {
    const { refusal, logger } = setup();
    const secretive = new Proxy({}, { has: () => fail('unreadable') });

    expect(await refusal('charge', () => secretive)).toMatchObject({ message: 'unreadable' });
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('at the limit is stored', async () => {
    expect(await setup().step('charge', () => 'x'.repeat(98))).toHaveLength(98);
  });
});

describe('a task that another worker has', () => {
  it('has no step begun', async () => {
    const { store, refusal } = setup();
    store.isHeld = false;
    let runs = 0;

    expect(
      await refusal('charge', () => {
        runs += 1;
      }),
    ).toMatchObject({ code: 'crashed', message: 'another worker has taken the task of the step "charge"' });
    expect(runs).toBe(0);
  });

  it('has no result stored, and no further step begun; the log names the key', async () => {
    const { store, refusal, logger } = setup();
    store.onSave = async () => ({ kind: 'lost' });
    let runs = 0;
    const lost = await refusal('charge', () => 1);
    const next = await refusal('ship', () => {
      runs += 1;
    });

    expect([lost, next]).toMatchObject([{ code: 'crashed' }, { code: 'crashed' }]);
    expect(runs).toBe(0);
    expect(logger.error.mock.calls).toEqual([
      [
        'The work of a step is done, but its result could not be stored',
        lost,
        { step: 'charge', idempotencyKey: 'key of charge' },
      ],
    ]);
  });
});

describe('a step whose attempt is over before its result is confirmed', () => {
  it('fails, and the log says that the result may be stored', async () => {
    const { store, refusal, logger, abort } = setup();
    const over = new Error('the time is up');
    store.onSave = async () => {
      abort(over);
      throw over;
    };
    const failed = await refusal('charge');

    expect(failed).toBe(over);
    expect(logger.error.mock.calls).toEqual([
      [
        'The work of a step is done, but whether its result was stored is not known',
        over,
        { step: 'charge', idempotencyKey: 'key of charge' },
      ],
    ]);
  });
});

describe('the end of a handler', () => {
  it('waits for the steps that run, and says that they were not awaited', async () => {
    const { step, close, store, logger } = setup();
    const gate = Promise.withResolvers<number>();
    void step('slow', () => gate.promise);
    const closed = close({ hasCompleted: true });
    gate.resolve(1);
    await closed;

    expect(store.steps.map(({ name }) => name)).toEqual(['slow']);
    expect(logger.warn.mock.calls).toEqual([
      ['A handler completed before its steps had ended: await each of them', { steps: ['slow'] }],
    ]);
  });

  it('is not hurt by a step that fails', async () => {
    const { step, close } = setup();
    const gate = Promise.withResolvers<number>();
    const failing = step('slow', () => gate.promise);
    const closed = close({ hasCompleted: false });
    gate.reject(new Error('refused'));

    expect(await closed).toBeUndefined();
    expect(failing).rejects.toThrow('refused');
  });
});

describe('steps that differ from those of an earlier attempt', () => {
  const message = 'The steps of a task differ from those of an earlier attempt; each is found by its name';
  const run = async (names: readonly string[], hasCompleted = true) => {
    const { step, close, logger, store } = setup(createMemoryStepStore(['a', 'b', 'c']));
    const answers: unknown[] = [];
    for (const name of names) answers.push(await step(name, () => `new ${name}`));
    await close({ hasCompleted });
    return { answers, warnings: logger.warn.mock.calls, changes: store.changes };
  };

  it('get their own results, and one line says so', async () => {
    expect(await run(['b', 'x', 'a', 'c'])).toEqual({
      answers: ['stored b', 'new x', 'stored a', 'stored c'],
      changes: [{ kind: 'moved', step: 'b', storedPlace: 1, calledPlace: 0 }],
      warnings: [
        [
          message,
          {
            kind: 'moved',
            step: 'b',
            storedPlace: 1,
            calledPlace: 0,
            storedSteps: ['a', 'b', 'c'],
            calledSteps: ['b'],
          },
        ],
      ],
    });
  });

  it('are reported when a stored one is skipped at the end', async () => {
    expect((await run(['a', 'b'])).warnings).toEqual([
      [
        message,
        {
          kind: 'skipped',
          step: 'c',
          storedPlace: 2,
          storedSteps: ['a', 'b', 'c'],
          calledSteps: ['a', 'b'],
        },
      ],
    ]);
  });

  it.each([
    [['a', 'b', 'c', 'd'], true],
    [['a', 'b'], false],
  ])('are not those that go on or fail earlier: %p', async (names, hasCompleted) => {
    expect((await run(names, hasCompleted)).warnings).toEqual([]);
  });
});
