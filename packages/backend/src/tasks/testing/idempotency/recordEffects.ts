import { type EffectRun } from './EffectRun';

/**
 * Wraps the effects of a world for one run: every call of a method, at any depth, goes through the run. So do the calls of a
 * function that a method answers, and of the functions of an object that it answers, such as a transaction. What a method
 * calls inside its own object is part of that one call.
 */
export const recordEffects = <Effects extends object>(effects: Effects, run: EffectRun): Effects =>
  wrap(effects, '', { run, wrapped: new Map(), reals: new Map() }) as Effects; // the same members, wrapped

interface Recording {
  readonly run: EffectRun;
  /** So that a member is equal to itself. */
  readonly wrapped: Map<unknown, unknown>;
  /** What stands behind a wrapper: a fake gets its own objects back. */
  readonly reals: Map<unknown, object>;
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
  recording.reals.set(wrapper, real);
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
  (real: unknown, method: Method, name: string, recording: Recording): Method =>
  (...given) => {
    const args = given.map((arg) => recording.reals.get(arg) ?? arg);
    return recording.run.call(name, args, () =>
      toAnswer(Reflect.apply(method, real, args), `${name}()`, recording),
    );
  };

const toAnswer = (answer: unknown, path: string, recording: Recording): unknown => {
  if (answer instanceof Promise) return answer.then((value) => toAnswer(value, path, recording));
  if (typeof answer === 'function') return toRecorded(undefined, answer as Method, path, recording);
  return hasFunctions(answer) ? wrap(answer, path, recording) : answer;
};

/** An instance of a class, whose methods are those of its prototype, is data: a Map, a date, a `Result`. */
const hasFunctions = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !('then' in value) &&
  Object.values(Object.getOwnPropertyDescriptors(value)).some((own) => typeof own.value === 'function');
