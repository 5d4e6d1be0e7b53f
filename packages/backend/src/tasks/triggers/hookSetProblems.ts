import { closest, distance } from 'fastest-levenshtein';
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
 * notice; other fields are the set's own business. So are the methods of a class, but those that look like a hook.
 *
 * @param index from 0, among the sets that are composed.
 */
export const hookSetProblems = (set: unknown, index: number): string[] => {
  const name = `hooks[${index}]`;
  if (typeof set !== 'object' || set === null)
    return [`expected ${name} to be an object, got ${showValue(set)}`];
  const own = Object.entries(set).flatMap(([field, value]) => (typeof value === 'function' ? field : []));
  const misspelled = [...own, ...inheritedMethods(set).filter(isHookLike)]
    .filter((field) => !HOOK_NAMES.some((known) => known === field))
    .map((field) => `unknown hook ${name}.${field}.${suggestion(field, HOOK_NAMES)}`);
  const wrong = HOOK_NAMES.map((hook): [HookName, unknown] => [hook, Reflect.get(set, hook)])
    .filter(([, value]) => value !== undefined && typeof value !== 'function')
    .map(([hook, value]) => `expected ${name}.${hook} to be a function, got ${showValue(value)}`);
  return [...misspelled, ...wrong];
};

/** The methods of the classes that a set is an instance of; a getter is not asked. */
const inheritedMethods = (set: object): string[] => {
  const names: string[] = [];
  let prototype: unknown = Object.getPrototypeOf(set);
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
      ([method, { value }]) => method !== 'constructor' && typeof value === 'function',
    );
    names.push(...methods.map(([method]) => method));
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...new Set(names)];
};

/** A hook of other frameworks, or at most two letters away from one of ours. */
const isHookLike = (method: string): boolean =>
  /^(on)?(before|after)/i.test(method) || distance(method, closest(method, HOOK_NAMES)) <= 2;
