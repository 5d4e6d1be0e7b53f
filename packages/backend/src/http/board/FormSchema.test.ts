import { describe, expect, it } from 'bun:test';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { toFormSchema } from './FormSchema';

const taskWith = <Payload>(schema: z.ZodType<Payload>) =>
  defineTask<Payload, unknown>({ queueName: 'emails:send', schema, handler: () => ok({}) });

describe('toFormSchema', () => {
  it('describes the payload, and the envelope around it', () => {
    const payload = {
      type: 'object',
      properties: { to: { type: 'string', format: 'email' }, retries: { type: 'integer', default: 3 } },
      required: ['to'],
    };
    const schema = z.object({ to: z.email(), retries: z.number().int().default(3) });

    expect(toFormSchema(taskWith(schema))).toMatchObject({
      anyOf: [
        payload,
        {
          type: 'object',
          properties: { payload, correlationId: { type: 'string' }, v: { const: 1 } },
          required: ['payload', 'correlationId', 'v'],
        },
      ],
    });
  });

  it('allows anything where JSON schema has no word for it', () => {
    expect(toFormSchema(taskWith(z.object({ at: z.date(), size: z.bigint() })))).toMatchObject({
      anyOf: [{ properties: { at: {}, size: {} } }, {}],
    });
  });

  it('describes a schema that contains itself', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree);
      },
    });

    expect(JSON.stringify(toFormSchema(taskWith(tree)))).toContain('"$ref":"#/$defs/');
  });

  it('gives none for a schema that cannot be described', () => {
    const schema = z.lazy((): z.ZodType<string> => {
      throw new Error('defined in terms of nothing');
    });

    expect(toFormSchema(taskWith(schema))).toBeUndefined();
  });

  it('gives none for a task with only a validator', () => {
    const task = defineTask({ queueName: 'emails:send', validator: () => ok({}), handler: () => ok({}) });

    expect(toFormSchema(task)).toBeUndefined();
  });
});
