import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken } from '../../domain/ResourceToken';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { TestingError } from '../TestingError';
import { NotIdempotentError } from './NotIdempotentError';
import { proveIdempotent } from './proveIdempotent';

/** A bank and a mailer that only take notes. */
const createWorld = () => {
  const charges: { readonly orderId: string; readonly key?: string }[] = [];
  const mails: string[] = [];
  return {
    effects: {
      bank: {
        charge: async (orderId: string, key?: string): Promise<void> => {
          if (key !== undefined && charges.some((charge) => charge.key === key)) return;
          charges.push(key === undefined ? { orderId } : { orderId, key });
        },
        isCharged: async (orderId: string): Promise<boolean> =>
          charges.some((charge) => charge.orderId === orderId),
      },
      mailer: { send: async (to: string): Promise<void> => void mails.push(to) },
    },
    snapshot: () => ({ charges, mails: [...new Set(mails)] }),
  };
};

type Effects = ReturnType<typeof createWorld>['effects'];

type Handler = (effects: Effects, ctx: TaskContext) => Promise<Result<unknown, Error>>;

const toTask =
  (handler: Handler) =>
  (effects: Effects): TaskDefinition<{ orderId: string }> =>
    defineTask({
      queueName: 'orders:charge',
      schema: z.object({ orderId: z.string() }),
      handler: (_payload, ctx) => handler(effects, ctx),
      options: { maxAttempts: 1 },
    });

const prove = (handler: Handler) =>
  proveIdempotent(toTask(handler), { orderId: 'o1' }, { world: createWorld, patienceMs: 500 });

const reportOf = async (handler: Handler): Promise<string> => {
  const error = await prove(handler).catch((thrown: unknown) => thrown);
  if (error instanceof NotIdempotentError) return error.message;
  throw error;
};

describe('proveIdempotent', () => {
  it('passes a handler that hands an idempotency key on', async () => {
    const proof = await prove(async ({ bank, mailer }, { taskId }) => {
      await bank.charge('o1', taskId);
      await mailer.send('ada');
      return ok();
    });

    expect(proof).toEqual({ scheduleCount: 13, effectCount: 2 });
  });

  it('makes a world for each schedule of runs, and two for the undisturbed one', async () => {
    let worldCount = 0;
    const world = () => {
      worldCount += 1;
      return createWorld();
    };
    const task = toTask(async ({ mailer }) => {
      await mailer.send('ada');
      return ok();
    });
    const { scheduleCount } = await proveIdempotent(task, { orderId: 'o1' }, { world });

    expect(worldCount).toBe(scheduleCount + 1);
  });

  it('passes a handler that charges in a step, with the key of the step', async () => {
    const proof = await prove(async ({ bank, mailer }, ctx) => {
      await ctx.step('charge', ({ idempotencyKey }) => bank.charge('o1', idempotencyKey));
      await mailer.send('ada');
      return ok();
    });

    expect(proof).toEqual({ scheduleCount: 18, effectCount: 3 });
  });

  it('passes a handler that needs a second attempt, whose calls are interrupted and held up too', async () => {
    const proof = await prove(async ({ bank, mailer }, { taskId, attempt }) => {
      await bank.charge('o1', taskId);
      if (attempt === 1) return err(new TaskError('the printer is out of paper'));
      await mailer.send('ada');
      return ok();
    });

    expect(proof).toEqual({ scheduleCount: 18, effectCount: 3 });
  });

  it('shows the race of a handler whose second attempt looks before it charges', async () => {
    const report = await reportOf(async ({ bank, mailer }, { attempt }) => {
      await mailer.send('ada');
      if (attempt === 1) return err(new TaskError('the printer is out of paper'));
      if (!(await bank.isCharged('o1'))) await bank.charge('o1');
      return ok();
    });

    expect(report.split('\n').slice(0, 7)).toEqual([
      'orders:charge is not idempotent: run twice at the same time, one run held up at bank.isCharged',
      '  run 1: mailer.send("ada")',
      '  run 2: mailer.send("ada")',
      '  run 2: bank.isCharged("o1") <- it happens, then this run stands still until the other one has ended',
      '  run 3: mailer.send("ada")',
      '  run 3: bank.isCharged("o1")',
      '  run 3: bank.charge("o1")',
    ]);
  });

  it('hands each run a payload of its own', async () => {
    const task = ({ bank }: Effects) =>
      defineTask({
        queueName: 'orders:charge',
        schema: z.custom<{ orderIds: string[] }>(),
        handler: async ({ orderIds }, { taskId }) => {
          for (let next = orderIds.shift(); next !== undefined; next = orderIds.shift())
            await bank.charge(next, `${taskId} ${next}`);
          return ok();
        },
      });
    const payload = { orderIds: ['o1', 'o2'] };
    const snapshot = ({ snapshot }: ReturnType<typeof createWorld>) =>
      snapshot().charges.map(({ orderId }) => orderId);
    const world = () => {
      const made = createWorld();
      return { effects: made.effects, snapshot: () => snapshot(made) };
    };

    expect(await proveIdempotent(task, payload, { world })).toMatchObject({ effectCount: 2 });
    expect(payload).toEqual({ orderIds: ['o1', 'o2'] });
  });

  it('shows what a step alone does not save: the crash between its work and its note', async () => {
    const report = await reportOf(async ({ bank }, ctx) => {
      await ctx.step('charge', () => bank.charge('o1'));
      return ok();
    });

    expect(report.split('\n')).toEqual([
      'orders:charge is not idempotent: run again after an interruption at bank.charge (it happens, then the worker dies)',
      '  run 1: bank.charge("o1") <- it happens, then the worker dies',
      '  run 2: bank.charge("o1")',
      '  run 2: ctx.step("charge")',
      'after it, charges[1] differs from that after one undisturbed run: expected nothing, got {"orderId":"o1"}',
    ]);
  });

  it('finds the effects of a definition by ctx.resolve', async () => {
    const token = ResourceToken<Effects['bank']>('bank');
    const task = defineTask({
      queueName: 'orders:charge',
      schema: z.object({ orderId: z.string() }),
      handler: async ({ orderId }, ctx) => {
        await ctx.resolve(token).charge(orderId);
        return ok();
      },
    });
    const proving = proveIdempotent(
      task,
      { orderId: 'o1' },
      {
        world: createWorld,
        resources: ({ bank }) => [[token, bank]],
      },
    );

    await expect(proving).rejects.toThrow('charges[1] differs');
  });

  it('shows the second charge of a handler that is run twice', async () => {
    const report = await reportOf(async ({ bank, mailer }) => {
      await bank.charge('o1');
      await mailer.send('ada');
      return ok();
    });

    expect(report.split('\n')).toEqual([
      'orders:charge is not idempotent: run twice in a row',
      '  run 1: bank.charge("o1")',
      '  run 1: mailer.send("ada")',
      '  run 2: bank.charge("o1")',
      '  run 2: mailer.send("ada")',
      'after it, charges[1] differs from that after one undisturbed run: expected nothing, got {"orderId":"o1"}',
    ]);
  });

  it('shows the race of a handler that looks before it charges', async () => {
    const report = await reportOf(async ({ bank }) => {
      if (!(await bank.isCharged('o1'))) await bank.charge('o1');
      return ok();
    });

    expect(report.split('\n')).toEqual([
      'orders:charge is not idempotent: run twice at the same time',
      '  run 1: bank.isCharged("o1")',
      '  run 2: bank.isCharged("o1")',
      '  run 1: bank.charge("o1")',
      '  run 2: bank.charge("o1")',
      'after it, charges[1] differs from that after one undisturbed run: expected nothing, got {"orderId":"o1"}',
    ]);
  });

  it('shows a race that two equally fast runs do not have, by holding one of them up', async () => {
    const report = await reportOf(async ({ bank, mailer }, { attempt }) => {
      // The second delivery waits for a moment: a race that only a slow first one loses.
      if (attempt === 2) for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      if (!(await bank.isCharged('o1'))) {
        await mailer.send('ada');
        await bank.charge('o1');
      }
      return ok();
    });

    expect(report.split('\n').slice(0, 5)).toEqual([
      'orders:charge is not idempotent: run twice at the same time, one run held up at bank.isCharged',
      '  run 1: bank.isCharged("o1") <- it happens, then this run stands still until the other one has ended',
      '  run 2: bank.isCharged("o1")',
      '  run 2: mailer.send("ada")',
      '  run 2: bank.charge("o1")',
    ]);
  });

  it('shows the crash after which a handler leaves its work undone', async () => {
    const report = await reportOf(async ({ bank, mailer }) => {
      if (await bank.isCharged('o1')) return ok();
      await bank.charge('o1', 'k');
      await mailer.send('ada');
      return ok();
    });

    expect(report.split('\n')).toEqual([
      'orders:charge is not idempotent: run again after an interruption at bank.charge (it happens, then the worker dies)',
      '  run 1: bank.isCharged("o1")',
      '  run 1: bank.charge("o1", "k") <- it happens, then the worker dies',
      '  run 2: bank.isCharged("o1")',
      'after it, mails[0] differs from that after one undisturbed run: expected "ada", got nothing',
    ]);
  });

  it('shows an answer that was lost to a handler that tries again by itself', async () => {
    const report = await reportOf(async ({ bank }) => {
      if (await bank.isCharged('o1')) return ok();
      await bank.charge('o1').catch(() => bank.charge('o1'));
      return ok();
    });

    expect(report.split('\n').slice(0, 4)).toEqual([
      'orders:charge is not idempotent: run again after an interruption at bank.charge (it happens, and its answer is lost)',
      '  run 1: bank.isCharged("o1")',
      '  run 1: bank.charge("o1") <- it happens, and its answer is lost',
      '  run 1: bank.charge("o1")',
    ]);
  });

  it('shows a task that cannot complete any more', async () => {
    const report = await reportOf(async ({ bank }) => {
      if (await bank.isCharged('o1')) return err(TaskError.fatal('charged already'));
      await bank.charge('o1');
      return ok();
    });

    expect(report).toEndWith('the task does not complete any more: failed: charged already');
  });

  it('shows a task that becomes a dead letter when an answer is lost, although another run would mend it', async () => {
    const report = await reportOf(async ({ bank, mailer }) => {
      try {
        await bank.charge('o1', 'k');
      } catch {
        return err(TaskError.fatal('the bank said no'));
      }
      await mailer.send('ada');
      return ok();
    });

    expect(report.split('\n')).toEqual([
      'orders:charge is not idempotent: run again after an interruption at bank.charge (it happens, and its answer is lost)',
      '  run 1: bank.charge("o1", "k") <- it happens, and its answer is lost',
      'the task does not complete any more: failed: the bank said no',
    ]);
  });

  it('records what frozen objects and classes do, at any depth', async () => {
    class Counter {
      #count = 0;
      get count(): number {
        return this.#count;
      }
      raise(): number {
        this.#count += 1;
        return this.#count;
      }
    }
    const proving = proveIdempotent(
      ({ app }: { app: { stores: { counter: Counter } } }) =>
        defineTask({
          queueName: 'counts:raise',
          schema: z.object({}),
          handler: () => ok(app.stores.counter.raise() + app.stores.counter.count),
        }),
      {},
      {
        world: () => {
          const counter = new Counter();
          const app = Object.freeze({ stores: Object.freeze({ counter }) });
          return { effects: { app }, snapshot: () => counter.count };
        },
      },
    );

    expect(await proving.catch((error: Error) => error.message.split('\n'))).toEqual([
      'counts:raise is not idempotent: run twice in a row',
      '  run 1: app.stores.counter.raise()',
      '  run 2: app.stores.counter.raise()',
      'after it, the snapshot differs from that after one undisturbed run: expected 1, got 2',
    ]);
  });

  describe('proves nothing', () => {
    const cases: [why: string, handler: Handler, message: string][] = [
      [
        'of a handler that does not complete undisturbed',
        async ({ bank }) => {
          await bank.isCharged('o1');
          return err(new TaskError('no'));
        },
        'expected an undisturbed run of orders:charge to complete, got failed: no',
      ],
      [
        'of a handler that calls no effect',
        async () => ok(),
        'expected orders:charge to call an effect of its world, got none: does the handler use what world() answers in effects?',
      ],
      [
        'of a handler that leaves something else each time',
        async ({ bank }) => {
          await bank.charge('o1', crypto.randomUUID());
          return ok();
        },
        'expected two undisturbed runs of orders:charge to end in the same world, got charges[0].key',
      ],
      [
        'of a handler that does not end',
        async ({ bank }) => {
          await bank.isCharged('o1');
          return new Promise(() => undefined);
        },
        'expected the handler to end within 500 ms of real time, got one that goes on (run once, undisturbed)',
      ],
    ];

    it.each(cases)('%s', async (_why, handler, message) => {
      await expect(prove(handler)).rejects.toThrow(message);
    });

    it('of a definition, a payload or an option that is wrong', async () => {
      const { effects } = createWorld();
      const fine = toTask(async () => ok())(effects);
      const wrong = defineTask({ queueName: 'bad name', schema: z.object({}), handler: () => ok() });
      const options = { world: createWorld };

      await expect(proveIdempotent(wrong, {}, options)).rejects.toThrow('the task bad name is refused');
      await expect(proveIdempotent(fine, { orderId: 7 as never }, options)).rejects.toThrow(
        'the payload of orders:charge is refused',
      );
      await expect(proveIdempotent(fine, { orderId: 'o1' }, { ...options, patienceMs: 0 })).rejects.toThrow(
        'expected patienceMs to be an integer from 1 to 60000, got 0',
      );
      await expect(proveIdempotent(fine, { orderId: 'o1' }, {} as never)).rejects.toThrow(
        new TestingError('expected world to be a function, got undefined'),
      );
      await expect(proveIdempotent(fine, { orderId: 'o1' }, undefined as never)).rejects.toThrow(
        new TestingError('expected options to be an object, got undefined'),
      );
      const resources = () => ['bank'] as never;
      await expect(proveIdempotent(fine, { orderId: 'o1' }, { ...options, resources })).rejects.toThrow(
        'expected resources[0] to be a token and its value, such as [mailerToken, mailer], got "bank"',
      );
    });
  });
});
