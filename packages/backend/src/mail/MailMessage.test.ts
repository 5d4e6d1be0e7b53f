import { describe, expect, it } from 'bun:test';
import { toMessageId } from './MailMessage';

describe('toMessageId', () => {
  it.each([
    ['Drover <no-reply@example.test>', '<task-1@example.test>'],
    ['no-reply@example.test', '<task-1@example.test>'],
    ['"a@b" <no-reply@example.test>', '<task-1@example.test>'],
    ['nobody', '<task-1@localhost>'],
  ])('takes the domain of %s', (from, messageId) => {
    expect(toMessageId('task-1', from)).toBe(messageId);
  });
});
