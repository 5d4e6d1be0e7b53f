import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { sendEmailTask as task } from '../__fixtures__/sampleTasks';
import { toEditedData } from './EditedData';

const payload = { to: 'ada@example.com', subject: 'Welcome' };
const stored = { v: 1, payload, correlationId: CorrelationId(), metadata: { order: 7 } };
const edited = { ...payload, subject: 'Hello' };
const maxPayloadBytes = 1000;

describe('toEditedData', () => {
  it('keeps the envelope around a bare payload', () => {
    expect(toEditedData({ task, stored, edited, maxPayloadBytes })._unsafeUnwrap()).toEqual({
      ...stored,
      payload: edited,
    });
  });

  it('takes a whole envelope', () => {
    const envelope = { ...stored, payload: edited, metadata: { order: 8 } };

    expect(toEditedData({ task, stored, edited: envelope, maxPayloadBytes })._unsafeUnwrap()).toEqual(
      envelope,
    );
  });

  it('leaves the data of a plain job plain', () => {
    expect(toEditedData({ task, stored: payload, edited, maxPayloadBytes })._unsafeUnwrap()).toEqual(edited);
  });

  it.each([
    [
      'a payload that breaks the schema',
      { ...payload, to: 'nobody' },
      /is refused: expected valid data: to: /,
    ],
    ['an envelope of another version', { ...stored, v: 2 }, /expected envelope version 1, got 2/],
    [
      'too large a payload',
      { ...payload, template: 'x'.repeat(maxPayloadBytes) },
      /at most 1000 bytes of JSON/,
    ],
  ])('refuses %s', (_what, data, message) => {
    const refusal = toEditedData({ task, stored, edited: data, maxPayloadBytes })._unsafeUnwrapErr();

    expect([refusal.name, refusal.statusCode]).toEqual(['BoardRefusal', 400]);
    expect(refusal.message).toMatch(message);
  });
});
