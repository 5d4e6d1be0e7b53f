import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { checkWait, handleProblems, waitOptionProblems } from './HandleCall';
import { defineTask, type TaskDefinition } from './TaskDefinition';
import { TaskId } from './TaskId';

const handler = async () => ok();
const task = defineTask({ queueName: 'mails:send', schema: z.unknown(), handler });

describe('waitOptionProblems', () => {
  const range = 'expected timeoutMs to be an integer from 0 to 2147483647, got';
  const cases: [options: unknown, problems: string[]][] = [
    [{}, []],
    [{ timeoutMs: 0 }, []],
    [{ timeoutMs: 2 ** 31 - 1 }, []],
    [{ timeoutMs: -1 }, [`${range} -1`]],
    [{ timeoutMs: 2 ** 31 }, [`${range} 2147483648`]],
    [{ timeoutMs: '5' }, [`${range} "5"`]],
    [{ timeoutMs: Number.NaN }, [`${range} NaN`]],
    [{ timeOutMs: 5 }, ['unknown option timeOutMs. Did you mean "timeoutMs"?']],
    [5, ['expected options to be an object, got 5']],
    [null, ['expected options to be an object, got null']],
  ];

  it.each(cases)('says of %j what is wrong', (options, problems) => {
    expect(waitOptionProblems(options)).toEqual(problems);
  });
});

describe('checkWait', () => {
  it('waits for half a minute unless the call says otherwise', () => {
    expect(checkWait('a:b', {})._unsafeUnwrap()).toEqual({ timeoutMs: 30_000 });
    expect(checkWait('a:b', { timeoutMs: 7 })._unsafeUnwrap()).toEqual({ timeoutMs: 7 });
  });

  it('names the task and everything that is wrong', () => {
    expect(checkWait('a:b', { timeoutMs: -1 })._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-options',
      message:
        'the call about a task of "a:b" is refused: expected timeoutMs to be an integer from 0 to 2147483647, got -1',
    });
  });
});

describe('handleProblems', () => {
  const wrong = defineTask({ queueName: 'no name', schema: z.unknown(), handler });
  const cases: [task: TaskDefinition<unknown> | undefined, id: unknown, problems: unknown[]][] = [
    [task, TaskId(), []],
    [task, '1', ['expected id to be a task id, got "1"']],
    [task, 'meta', ['expected id to be a task id, got "meta"']],
    [task, undefined, ['expected id to be a task id, got undefined']],
    [undefined, TaskId(), ['expected task to be a definition, got undefined']],
    [wrong, TaskId(), [expect.stringContaining('queueName')]],
  ];

  it.each(cases)('says of case %# what is wrong', (given, id, problems) => {
    expect(handleProblems(given, id)).toEqual(problems as string[]);
  });
});
