import { type EffectRun } from './EffectRun';

/**
 * Wraps the effects of a world for one run: every call of a method, at any depth, goes through the run. What a method
 * calls inside its own object is part of that one call.
 */
export const recordEffects = <Effects extends object>(effects: Effects, run: EffectRun): Effects =>
  wrap(effects, '', { run, wrapped: new Map() }) as Effects; // the same members, wrapped

interface Recording {
  readonly run: EffectRun;
  /** So that a member is equal to itself. */
  readonly wrapped: Map<unknown, unknown>;
}

/** A frozen object may not be wrapped as it is: the wrapper stands before an empty one, and asks the real one. */
const wrap = (real: object, path: string, recording: Recording): object => {
  const known = recording.wrapped.get(real);
  if (known !== undefined) return known as object; // only what was wrapped is kept
  const wrapper = new Proxy(Object.create(Object.getPrototypeOf(real)) as object, {
    get: (_shadow, key) => read(real, key, path, recording),
    set: (_shadow, key, value) => Reflect.set(real, key, value, real),
    has: (_shadow, key) => Reflect.has(real, key),
    ownKeys: () => Reflect.ownKeys(real),
    getOwnPropertyDescriptor: (_shadow, key) => {
      const own = Reflect.getOwnPropertyDescriptor(real, key);
      return own === undefined
        ? undefined
        : {
            value: read(real, key, path, recording),
            enumerable: own.enumerable ?? false,
            configurable: true,
            writable: true,
          };
    },
  });
  recording.wrapped.set(real, wrapper);
  return wrapper;
};

const read = (real: object, key: string | symbol, path: string, recording: Recording): unknown => {
  const value: unknown = Reflect.get(real, key, real);
  const isMethod = typeof value === 'function';
  if (typeof key === 'symbol') return isMethod ? value.bind(real) : value;
  if (key === 'constructor' || value === null) return value;
  const name = path === '' ? key : `${path}.${key}`;
  if (isMethod) return toRecorded(real, value as Method, name, recording);
  return typeof value === 'object' && !(value instanceof Promise) ? wrap(value, name, recording) : value;
};

type Method = (...args: unknown[]) => unknown;

const toRecorded =
  (real: object, method: Method, name: string, { run }: Recording): Method =>
  (...args) =>
    run.call(name, args, () => Reflect.apply(method, real, args));
