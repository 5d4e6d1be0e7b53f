import { suggestion } from '../domain/nearestName';
import { showValue } from '../domain/numberRule';
import { type ResourceHooks } from './ResourceHooks';

const HOOK_NAMES = [
  'beforeCreate',
  'afterCreate',
  'beforeUpdate',
  'afterUpdate',
  'beforeDelete',
  'afterDelete',
] as const satisfies readonly (keyof ResourceHooks<unknown, unknown, unknown, unknown>)[];

/** The name of a hook. */
export type HookName = (typeof HOOK_NAMES)[number];

/**
 * Lists everything that is wrong with one set of hooks. A function under any other name would never run, and nobody would
 * notice; other fields are the set's own business.
 *
 * @param index from 0, among the sets that are composed.
 */
export const hookSetProblems = (set: unknown, index: number): string[] => {
  const name = `hooks[${index}]`;
  if (typeof set !== 'object' || set === null)
    return [`expected ${name} to be an object, got ${showValue(set)}`];
  const misspelled = Object.entries(set)
    .filter(([field, value]) => typeof value === 'function' && !HOOK_NAMES.some((known) => known === field))
    .map(([field]) => `unknown hook ${name}.${field}.${suggestion(field, HOOK_NAMES)}`);
  const wrong = HOOK_NAMES.map((hook): [HookName, unknown] => [hook, Reflect.get(set, hook)])
    .filter(([, value]) => value !== undefined && typeof value !== 'function')
    .map(([hook, value]) => `expected ${name}.${hook} to be a function, got ${showValue(value)}`);
  return [...misspelled, ...wrong];
};
