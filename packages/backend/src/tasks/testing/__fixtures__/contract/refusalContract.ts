import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../../../domain/ScheduleOptions';
import { defineTask } from '../../../domain/TaskDefinition';
import { TaskId } from '../../../domain/TaskId';
import { type ContractSetup, type Item } from './ContractSetup';

/** Part of the contract of schedulers: which calls are refused, and how they say so. */
export const refusalContract = (setup: ContractSetup): void => {
  describe('a call that is refused', () => {
    const cycle: Record<string, unknown> = { n: 1 };
    cycle['self'] = cycle;
    const payloads: [what: string, payload: unknown, message: string][] = [
      ['of the wrong type', { n: 'one' }, 'n: Invalid input: expected number, received string'],
      ['that is missing', undefined, 'received undefined'],
      ['that goes in a circle', cycle, 'got a cycle'],
    ];
    const options: [what: string, options: unknown, message: string][] = [
      [
        'a negative delay',
        { delayMs: -1 },
        'expected delayMs to be an integer from 0 to 315360000000, got -1',
      ],
      ['an unknown option', { delay: 1 }, 'unknown option delay. Did you mean "delayMs"?'],
      ['delay and time', { delayMs: 1, at: new Date() }, 'expected either delayMs or at, got both'],
      [
        'two keys',
        { idempotencyKey: 'a', uniqueTag: 'b' },
        'expected at most one of idempotencyKey, uniqueTag',
      ],
      ['a function', { retry: { retryOn: () => true } }, 'expected retry without retryOn'],
      ['no object', 7, 'expected options to be an object, got 7'],
    ];

    it.each(payloads)(
      'because of a payload %s says so, and nothing runs',
      async (_what, payload, message) => {
        await using test = await setup();
        const refused = await test.world.scheduler.schedule(CorrelationId(), test.task, payload as Item);
        await test.world.pass(0);

        const error = refused._unsafeUnwrapErr();
        expect([error.code, test.runs]).toEqual(['invalid-payload', []]);
        expect(error.message).toStartWith('the payload of contract:main is refused: ');
        expect(error.message).toContain(message);
      },
    );

    it.each(options)('because of %s says so', async (_what, given, message) => {
      await using test = await setup();
      const call = test.world.scheduler.schedule(
        CorrelationId(),
        test.task,
        { n: 1 },
        given as ScheduleOptions,
      );

      const error = (await call)._unsafeUnwrapErr();
      expect(error.code).toBe('invalid-options');
      expect(error.message).toStartWith('the options for contract:main are refused: ');
      expect(error.message).toContain(message);
    });

    it('because of its definition or its correlation ID says so', async () => {
      await using test = await setup();
      const wrong = defineTask({
        queueName: 'bad name',
        schema: z.object({ n: z.number() }),
        handler: () => ok(),
        options: { maxAttempts: 0 },
      });
      const { scheduler } = test.world;
      const none = undefined as unknown as typeof test.task;
      const codes = await Promise.all(
        [
          scheduler.schedule(CorrelationId(), wrong, { n: 1 }),
          scheduler.schedule('no id' as CorrelationId, test.task, { n: 1 }),
          scheduler.schedule(CorrelationId(), none, { n: 1 }),
          scheduler.schedule(CorrelationId(), null as unknown as typeof none, { n: 1 }),
          scheduler.scheduleRecurring(CorrelationId(), none, { n: 1 }, { everyMs: 1000 }),
        ].map(async (call) => (await call)._unsafeUnwrapErr().code),
      );

      const [noTask, noId] = ['invalid-task', 'invalid-correlation-id'] as const;
      expect(codes).toEqual([noTask, noId, noTask, noTask, noTask]);
    });

    it('of a handler that names no definition says so too', async () => {
      await using test = await setup({
        handler: async (_item, ctx) => {
          const none = undefined as unknown as typeof test.task;
          const scheduled = await ctx.schedule(none, { n: 2 });
          const [child] = await ctx.children.run([[none, { n: 3 }]]);
          return ok([scheduled._unsafeUnwrapErr().code, child._unsafeUnwrapErr().code]);
        },
      });

      expect(await test.runOne()).toMatchObject({ value: ['invalid-task', 'invalid-task'] });
    });

    it('because tasks are switched off says so, and nothing is known of any', async () => {
      await using test = await setup({ env: { TASKS_ENABLED: 'false' } });
      const { scheduler } = test.world;
      const handle = scheduler.handle(test.task, TaskId());
      const [events, ...answers] = await Promise.all([
        Array.fromAsync(handle.events()),
        scheduler.schedule(CorrelationId(), test.task, { n: 1 }),
        scheduler.scheduleRecurring(CorrelationId(), test.task, { n: 1 }, { everyMs: 1000 }),
        handle.status(),
        handle.progress(),
        handle.result(),
        handle.cancel(),
      ]);
      const [{ code: badWait }, { code: badReason }] = [
        (await handle.result({ timeoutMs: -1 }))._unsafeUnwrapErr(),
        (await handle.cancel(''))._unsafeUnwrapErr(),
      ];

      const errors = [
        events[0]?.error,
        ...answers.map((answer: Result<unknown, Error>) => answer._unsafeUnwrapErr()),
      ];
      expect(errors).toMatchObject(
        Array(7).fill({ code: 'tasks-disabled', message: expect.stringContaining('TASKS_ENABLED is false') }),
      );
      expect([badWait, badReason]).toEqual(['invalid-options', 'invalid-reason']);
    });
  });
};
