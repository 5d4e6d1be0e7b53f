import { describe, expect, it } from 'bun:test';
import { ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { isSkipped, type Skipped, skipped, skippedSchema } from './Skipped';
import { defineTask } from './TaskDefinition';

const hostile = {
  get status(): string {
    throw new Error('do not look');
  },
};

describe('isSkipped', () => {
  it.each([
    [skipped('gone'), true],
    [{ status: 'skipped', reason: '', userId: 7 }, true],
    [{ status: 'skipped' }, false],
    [{ status: 'skipped', reason: 7 }, false],
    [{ status: 'sent', reason: 'gone' }, false],
    [['skipped'], false],
    ['skipped', false],
    [null, false],
    [undefined, false],
    [hostile, false],
  ])('%p: %p', (value, answer) => {
    expect(isSkipped(value)).toBe(answer);
  });
});

describe('skippedSchema', () => {
  const sentSchema = z.object({ sentTo: z.string() });
  const send = (email: string) => (email === '' ? ok(skipped('gone')) : ok({ sentTo: email }));

  it('lets the compiler know that a task answers either', async () => {
    const task = defineTask({
      queueName: 'mails:send',
      schema: z.string(),
      output: sentSchema.or(skippedSchema),
      handler: async (email) => send(email),
    });
    const answer: Result<{ sentTo: string } | Skipped, Error> = await task.handler('ada');
    // @ts-expect-error it may be a skip
    const sent: Result<{ sentTo: string }, Error> = answer;

    expect(sent).toEqual(ok({ sentTo: 'ada' }));
    defineTask({
      queueName: 'mails:send',
      schema: z.string(),
      output: sentSchema,
      // @ts-expect-error the output says nothing of skips
      handler: async (email) => send(email),
    });
  });

  it('takes a skip and nothing else', () => {
    expect(skippedSchema.safeParse(skipped('gone'))).toEqual({ success: true, data: skipped('gone') });
    expect(skippedSchema.safeParse({ status: 'sent', reason: 'gone' }).success).toBe(false);
  });
});
