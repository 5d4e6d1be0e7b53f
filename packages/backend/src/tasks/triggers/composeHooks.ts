import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { isResult } from '../domain/isResult';
import { showValue } from '../domain/numberRule';
import { HookError } from './HookError';
import { type HookName, hookSetProblems } from './hookSetProblems';
import {
  type EntityHookContext,
  type HookContext,
  type HookResult,
  type ResourceHooks,
  type UpdateHookContext,
} from './ResourceHooks';
import { ResourceHooksError } from './ResourceHooksError';

/** Hooks all of which are there, none of which throws. */
export interface ComposedHooks<Id, Entity, NewEntity, Changes> {
  beforeCreate(data: NewEntity, context: HookContext): Promise<Result<NewEntity, Error>>;
  afterCreate(entity: Entity, context: HookContext): Promise<Result<void, Error>>;
  beforeUpdate(changes: Changes, context: EntityHookContext<Id>): Promise<Result<Changes, Error>>;
  afterUpdate(entity: Entity, context: UpdateHookContext<Id, Changes>): Promise<Result<void, Error>>;
  beforeDelete(entity: Entity, context: HookContext): Promise<Result<void, Error>>;
  afterDelete(entity: Entity, context: HookContext): Promise<Result<void, Error>>;
}

/**
 * Makes one set of hooks of several, which run one after the other in the order given.
 *
 * A `before` hook gets what the one before it answered; the first `err` ends the row. Of `after` hooks all run, whatever
 * the others answer. A hook that throws, or answers no `Result`, counts as an `err` with a `HookError`.
 *
 * @throws ResourceHooksError when something given is no set of hooks.
 */
export const composeHooks = <Id, Entity, NewEntity, Changes>(
  ...sets: readonly ResourceHooks<Id, Entity, NewEntity, Changes>[]
): ComposedHooks<Id, Entity, NewEntity, Changes> => {
  const problems = sets.flatMap(hookSetProblems);
  if (problems.length > 0) throw new ResourceHooksError(problems);
  return {
    beforeCreate: (data, context) =>
      inTurn({
        sets,
        hook: 'beforeCreate',
        first: data,
        call: (set, value) => set.beforeCreate?.(value, context),
      }),
    afterCreate: (entity, context) =>
      each({ sets, hook: 'afterCreate', call: (set) => set.afterCreate?.(entity, context) }),
    beforeUpdate: (changes, context) =>
      inTurn({
        sets,
        hook: 'beforeUpdate',
        first: changes,
        call: (set, value) => set.beforeUpdate?.(value, context),
      }),
    afterUpdate: (entity, context) =>
      each({ sets, hook: 'afterUpdate', call: (set) => set.afterUpdate?.(entity, context) }),
    beforeDelete: (entity, context) =>
      inTurn({
        sets,
        hook: 'beforeDelete',
        first: undefined,
        call: (set) => set.beforeDelete?.(entity, context),
      }),
    afterDelete: (entity, context) =>
      each({ sets, hook: 'afterDelete', call: (set) => set.afterDelete?.(entity, context) }),
  };
};

interface Row<Hooks, Value> {
  readonly sets: readonly Hooks[];
  readonly hook: HookName;
  call(set: Hooks, value: Value): HookResult<Value> | undefined;
}

/** Those that have the hook: a hook that is there must answer. */
const having = <Hooks extends object>(sets: readonly Hooks[], hook: HookName): Hooks[] =>
  sets.filter((set) => Reflect.get(set, hook) !== undefined);

const inTurn = async <Hooks extends object, Value>({
  sets,
  hook,
  first,
  call,
}: Row<Hooks, Value> & { readonly first: Value }): Promise<Result<Value, Error>> => {
  let value = first;
  for (const set of having(sets, hook)) {
    const answer = await ask(hook, () => call(set, value));
    if (answer.isErr()) return answer;
    value = answer.value;
  }
  return ok(value);
};

const each = async <Hooks extends object>({
  sets,
  hook,
  call,
}: Row<Hooks, void>): Promise<Result<void, Error>> => {
  const errors: Error[] = [];
  for (const set of having(sets, hook))
    (await ask(hook, () => call(set))).orTee((error) => errors.push(error));
  const [error, ...others] = errors;
  if (error === undefined) return ok();
  return err(others.length === 0 ? error : toSeveral(hook, errors));
};

const ask = async <Value>(
  hook: HookName,
  call: () => HookResult<Value> | undefined,
): Promise<Result<Value, Error>> => {
  try {
    const answer: Result<Value, Error> | undefined = await call();
    return isResult(answer) ? answer : err(toInvalid(hook, answer));
  } catch (thrown) {
    return err(
      new HookError(`${hook} threw: ${describeUnknown(thrown)}`, { code: 'hook-threw', cause: thrown }),
    );
  }
};

const toInvalid = (hook: HookName, answer: unknown): HookError =>
  new HookError(`expected ${hook} to answer ok(...) or err(error), got ${showValue(answer)}`, {
    code: 'invalid-answer',
  });

const toSeveral = (hook: HookName, errors: readonly Error[]): HookError =>
  new HookError(`${hook} failed ${errors.length} times: ${errors.map(({ message }) => message).join('; ')}`, {
    code: 'several-failed',
    errors,
  });
