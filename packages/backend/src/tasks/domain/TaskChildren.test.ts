import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { call, childRunOptionProblems, nameOf, neverRunsProblem } from './TaskChildren';
import { defineTask } from './TaskDefinition';

const define = (options: { readonly maxConcurrency?: number } = {}) =>
  defineTask({ queueName: 'a:b', schema: z.object({}), handler: () => ok(), options });

describe('childRunOptionProblems', () => {
  const cases: [options: unknown, problems: string[]][] = [
    [{}, []],
    [{ timeoutMs: 1 }, []],
    [{ timeoutMs: 2 ** 31 - 1 }, []],
    [{ timeoutMs: 0 }, ['expected timeoutMs to be an integer from 1 to 2147483647, got 0']],
    [{ timeoutMs: 2 ** 31 }, ['expected timeoutMs to be an integer from 1 to 2147483647, got 2147483648']],
    [{ timeoutMs: '1' }, ['expected timeoutMs to be an integer from 1 to 2147483647, got "1"']],
    [{ timeout: 1 }, ['unknown option timeout. Did you mean "timeoutMs"?']],
    [1000, ['expected options to be an object, got 1000']],
    [null, ['expected options to be an object, got null']],
  ];

  it.each(cases)('of %j are %j', (options, problems) => {
    expect(childRunOptionProblems(options)).toEqual(problems);
  });
});

describe('neverRunsProblem', () => {
  const deep = Array.from({ length: 33 }, (_, index) => `x:${index}`);

  it.each([
    [define(), ['a:b', 'a:b']],
    [define({ maxConcurrency: 1 }), ['c:d']],
    [define(), deep.slice(1)],
  ])('has nothing against a child that may begin', (task, ancestors) => {
    expect(neverRunsProblem(task, ancestors)).toBe(undefined);
  });

  it('names a child that would wait for its own ancestor', () => {
    expect(neverRunsProblem(define({ maxConcurrency: 2 }), ['c:d', 'a:b', 'e:f'])).toBe(
      'expected a task without maxConcurrency, got a:b (maxConcurrency 2), which would wait for its own ancestor: c:d > a:b > e:f > a:b',
    );
  });

  it('names a child that is nested too deeply', () => {
    expect(neverRunsProblem(define(), deep)).toBe('expected at most 32 waiting ancestors, got 33');
  });
});

describe('call', () => {
  it('makes a call of its arguments, with options only if there are some', () => {
    const task = define();

    expect([call(task, {}), call(task, {}, { delayMs: 1 })]).toEqual([
      [task, {}],
      [task, {}, { delayMs: 1 }],
    ]);
  });
});

describe('nameOf', () => {
  it.each([
    [[define(), {}], 'a:b'],
    [[{ queueName: 7 }], 'unknown'],
    [[null], 'unknown'],
    [undefined, 'unknown'],
  ])('reads the name of %j', (given, name) => {
    expect(nameOf(given)).toBe(name);
  });
});
