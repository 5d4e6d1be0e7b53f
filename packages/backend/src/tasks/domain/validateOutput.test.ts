import { describe, expect, it } from 'bun:test';
import { z } from 'zod';
import { validateOutput } from './validateOutput';

describe('validateOutput', () => {
  it('answers a copy of what the schema makes of the value, as JSON', () => {
    const at = new Date(0);
    const output = z.object({ at: z.date(), n: z.number().default(7) });
    expect(validateOutput({ output }, { at }, 100)._unsafeUnwrap()).toEqual({ at: at.toISOString(), n: 7 });
    expect(validateOutput({}, undefined, 100)._unsafeUnwrap()).toBeUndefined();
  });

  const refused: [output: z.ZodType | undefined, value: unknown, message: string][] = [
    [z.object({ id: z.string() }), { id: 7 }, 'id'],
    [undefined, new Map(), 'the result cannot be stored: expected the value to be something JSON carries'],
    [undefined, 'x'.repeat(99), 'the result cannot be stored: expected at most 100 bytes of JSON, got 101'],
  ];

  it.each(refused)('refuses for good what cannot be stored (%#)', (output, value, message) => {
    const task = output === undefined ? {} : { output };
    const error = validateOutput(task, value, 100)._unsafeUnwrapErr();
    expect({ code: error.code, message: error.message }).toEqual({
      ...{ code: 'invalid-output', message: expect.stringContaining(message) },
    });
  });
});
