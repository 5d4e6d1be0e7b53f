import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { array, assert, asyncProperty, constantFrom, nat } from 'fast-check';
import { err, ok } from 'neverthrow';
import { composeHooks } from './composeHooks';
import { HookError } from './HookError';
import { type HookContext, type ResourceHooks } from './ResourceHooks';
import { ResourceHooksError } from './ResourceHooksError';

/** A set of hooks over texts. */
type TextHooks = ResourceHooks<string, string, string, string>;

const context: HookContext = { resource: 'notes', correlationId: CorrelationId('request-1') };
const atNote = { ...context, id: 'n1' };
const refusal = new Error('no');

const thrower = (): never => {
  throw new Error('boom');
};

describe('composeHooks', () => {
  it('changes and refuses nothing without hooks', async () => {
    const none = composeHooks<string, string, string, string>();

    expect((await none.beforeCreate('new', context))._unsafeUnwrap()).toBe('new');
    expect((await none.beforeUpdate('changes', atNote))._unsafeUnwrap()).toBe('changes');
    expect((await none.beforeDelete('old', context)).isOk()).toBe(true);
    expect((await none.afterCreate('new', context)).isOk()).toBe(true);
    expect((await none.afterUpdate('now', { ...atNote, changes: 'changes' })).isOk()).toBe(true);
    expect((await none.afterDelete('old', context)).isOk()).toBe(true);
  });

  it('hands each hook what it is about and its context, and keeps its `this`', async () => {
    const calls: unknown[] = [];
    class Noting implements TextHooks {
      private note(...call: unknown[]) {
        calls.push(call);
        return ok();
      }
      beforeCreate = (data: string, known: HookContext) =>
        this.note('beforeCreate', data, known).map(() => data);
      beforeUpdate(changes: string, known: HookContext) {
        return this.note('beforeUpdate', changes, known).map(() => changes);
      }
      beforeDelete(entity: string, known: HookContext) {
        return this.note('beforeDelete', entity, known);
      }
      async afterCreate(entity: string, known: HookContext) {
        return this.note('afterCreate', entity, known);
      }
      async afterUpdate(entity: string, known: HookContext) {
        return this.note('afterUpdate', entity, known);
      }
      async afterDelete(entity: string, known: HookContext) {
        return this.note('afterDelete', entity, known);
      }
    }
    const hooks = composeHooks(new Noting());
    const updated = { ...atNote, changes: 'changes' };
    await hooks.beforeCreate('new', context);
    await hooks.afterCreate('new', context);
    await hooks.beforeUpdate('changes', atNote);
    await hooks.afterUpdate('now', updated);
    await hooks.beforeDelete('old', context);
    await hooks.afterDelete('old', context);

    expect(calls).toEqual([
      ['beforeCreate', 'new', context],
      ['afterCreate', 'new', context],
      ['beforeUpdate', 'changes', atNote],
      ['afterUpdate', 'now', updated],
      ['beforeDelete', 'old', context],
      ['afterDelete', 'old', context],
    ]);
  });

  it('waits for a hook before it asks the next', async () => {
    const order: string[] = [];
    const slow: TextHooks = {
      afterCreate: async () => {
        await Promise.resolve();
        order.push('slow');
        return ok();
      },
    };
    const quick: TextHooks = { afterCreate: () => ok(void order.push('quick')) };
    await composeHooks(slow, quick).afterCreate('new', context);

    expect(order).toEqual(['slow', 'quick']);
  });

  it('lets no hook run after a refused delete', async () => {
    const order: string[] = [];
    const refusing: TextHooks = { beforeDelete: async () => err(refusal) };
    const next: TextHooks = { beforeDelete: () => ok(void order.push('next')) };

    expect((await composeHooks(refusing, next).beforeDelete('old', context))._unsafeUnwrapErr()).toBe(
      refusal,
    );
    expect(order).toEqual([]);
  });

  const kinds = ['appends', 'is absent', 'refuses', 'throws'] as const;
  const toSet = (kind: (typeof kinds)[number], index: number): TextHooks => {
    if (kind === 'is absent') return {};
    if (kind === 'throws') return { beforeUpdate: thrower };
    if (kind === 'refuses') return { beforeUpdate: () => err(refusal) };
    return { beforeUpdate: async (changes) => ok(`${changes}${index},`) };
  };

  it('asks hooks that come before in their order, each with the answer of the one before it, up to the first error', async () => {
    await assert(
      asyncProperty(array(constantFrom(...kinds), { maxLength: 8 }), async (row) => {
        const answered = await composeHooks(...row.map(toSet)).beforeUpdate('', atNote);
        const end = row.find((kind) => kind === 'refuses' || kind === 'throws');
        const appended = row.flatMap((kind, index) => (kind === 'appends' ? `${index},` : [])).join('');

        expect(
          answered.match(
            (value) => value,
            ({ message }) => message,
          ),
        ).toBe(end === undefined ? appended : end === 'refuses' ? 'no' : 'beforeUpdate threw: boom');
      }),
    );
  });

  it('makes the same of hooks that are composed already', async () => {
    await assert(
      asyncProperty(array(constantFrom(...kinds), { maxLength: 8 }), nat(8), async (row, cut) => {
        const sets = row.map(toSet);
        const nested = composeHooks(composeHooks(...sets.slice(0, cut)), composeHooks(...sets.slice(cut)));

        expect(await nested.beforeUpdate('', atNote)).toEqual(
          await composeHooks(...sets).beforeUpdate('', atNote),
        );
      }),
    );
  });

  it('runs every hook that comes after, whatever the others answer, and tells each error', async () => {
    const seen: string[] = [];
    const failing: TextHooks = { afterDelete: () => err(refusal) };
    const noting: TextHooks = { afterDelete: (entity) => ok(void seen.push(entity)) };
    const one = await composeHooks(failing, noting).afterDelete('old', context);
    const two = await composeHooks(failing, { afterDelete: thrower }, noting).afterDelete('old', context);

    expect(seen).toEqual(['old', 'old']);
    expect(one._unsafeUnwrapErr()).toBe(refusal);
    expect(two._unsafeUnwrapErr()).toMatchObject({
      code: 'several-failed',
      message: 'afterDelete failed 2 times: no; afterDelete threw: boom',
      errors: [refusal, expect.any(HookError)],
    });
  });

  it.each([
    ['throws', thrower, 'hook-threw', 'afterCreate threw: boom'],
    ['rejects', async () => thrower(), 'hook-threw', 'afterCreate threw: boom'],
    [
      'answers nothing',
      () => undefined,
      'invalid-answer',
      'expected afterCreate to answer ok(...) or err(error), got undefined',
    ],
    [
      'answers its data bare',
      async () => ({ text: 'new' }),
      'invalid-answer',
      'expected afterCreate to answer ok(...) or err(error), got {"text":"new"}',
    ],
  ])('answers an error when a hook %s', async (_what, hook, code, message) => {
    const hooks = composeHooks({ afterCreate: hook } as unknown as TextHooks);

    expect((await hooks.afterCreate('new', context))._unsafeUnwrapErr()).toMatchObject({
      name: 'HookError',
      code,
      message,
    });
  });

  it('finds a misspelt hook of a class too, and leaves its other methods alone', () => {
    class Base {
      onAfterCreate() {
        return ok();
      }
      get afterNoon(): never {
        return thrower();
      }
    }
    class Audit extends Base {
      beforUpdate() {
        return ok();
      }
      beforeSave() {
        return ok();
      }
      noteCreate() {
        return ok();
      }
      flush() {
        return ok();
      }
    }
    const compose = () => composeHooks(new Audit() as TextHooks, Object.create(null) as TextHooks);

    expect(compose).toThrow(
      [
        'the resource hooks have 3 problem(s):',
        '  - unknown hook hooks[0].beforUpdate. Did you mean "beforeUpdate"?',
        '  - unknown hook hooks[0].beforeSave. Did you mean "beforeCreate"?',
        '  - unknown hook hooks[0].onAfterCreate. Did you mean "afterCreate"?',
      ].join('\n'),
    );
  });

  it('refuses what is no set of hooks, and names all problems', () => {
    const wrong = [
      undefined,
      { onBeforeCreate: thrower, beforecreate: thrower },
      { afterCreate: 'log', name: 1 },
    ];
    const compose = () => composeHooks(...(wrong as unknown as TextHooks[]));

    expect(compose).toThrow(ResourceHooksError);
    expect(compose).toThrow(
      [
        'the resource hooks have 4 problem(s):',
        '  - expected hooks[0] to be an object, got undefined',
        '  - unknown hook hooks[1].onBeforeCreate. Did you mean "beforeCreate"?',
        '  - unknown hook hooks[1].beforecreate. Did you mean "beforeCreate"?',
        '  - expected hooks[2].afterCreate to be a function, got "log"',
      ].join('\n'),
    );
  });
});
