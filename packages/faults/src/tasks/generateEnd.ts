import * as fc from 'fast-check';
import { err, ok } from 'neverthrow';

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

const cyclic = fc.constant(undefined).map(() => {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
});

const hostile = fc.constantFrom<() => unknown>(
  () => Symbol('no JSON'),
  () => () => undefined,
  () => new Proxy({}, { get: refuse, ownKeys: refuse }),
  () => Object.defineProperty(new Error('x'), 'message', { get: refuse }),
  () => Object.defineProperty(new Error('x'), 'stack', { get: refuse }),
  () => new Error('bullmq:rateLimitExceeded'),
  () => new Error('x'.repeat(1_000_000)),
  () => 'y'.repeat(1_000_000),
  () => Number.NaN,
);

const refuse = (): never => {
  throw new Error('refused to be read');
};

const value = fc.oneof(
  anything,
  cyclic,
  hostile.map((make) => make()),
);

/** How a handler can end: `ok` and `err` are what it should return. */
export type Way = 'return' | 'ok' | 'err' | 'throw' | 'reject' | 'thenable';

const WAYS: readonly Way[] = ['return', 'ok', 'err', 'throw', 'reject', 'thenable'];

const generate = (seed: number): readonly [way: Way, made: unknown] => {
  const [picked] = fc.sample(fc.tuple(fc.constantFrom(...WAYS), value), { seed, numRuns: 1 });
  if (picked === undefined) throw new Error('expected fast-check to make one value, got none');
  return picked;
};

/** The way in which the run of a seed ends. */
export const wayOfEnd = (seed: number): Way => generate(seed)[0];

/** Ends a run in one of all the ways a handler can end in, with anything; the seed decides. */
export const generateEnd = (seed: number): unknown => {
  const [way, made] = generate(seed);
  switch (way) {
    case 'return':
      return made;
    case 'ok':
      return ok(made);
    case 'err':
      return err(made);
    case 'throw':
      throw made;
    case 'reject':
      return Promise.reject(made);
    case 'thenable':
      // biome-ignore lint/suspicious/noThenProperty: a thenable is one of the things a handler can return
      return { then: (_: unknown, reject: (reason: unknown) => void) => reject(made) };
  }
};
