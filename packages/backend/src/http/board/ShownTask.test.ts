import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { toJobTitle, toShownData } from './ShownTask';

const envelope = {
  v: 1,
  correlationId: CorrelationId('01a200a8-2b7a-747d-8dcd-5b68e570c1f9'),
  payload: { to: 'ada@example.com' },
};

describe('toJobTitle', () => {
  it('shows the name and the end of the correlation ID', () => {
    expect(toJobTitle({ name: 'emails:send', data: envelope })).toBe('emails:send · e570c1f9');
  });

  it.each([
    ['req-7', 'req-7'],
    ['order-471100', 'order-471100'],
    ['order-4711000', '-4711000'],
  ])('shows %s as %s', (correlationId, shown) => {
    expect(toJobTitle({ name: 'emails:send', data: { ...envelope, correlationId } })).toBe(
      `emails:send · ${shown}`,
    );
  });

  it.each([
    ['an object', { to: 'ada@example.com' }],
    ['null', null],
    ['undefined', undefined],
    ['a text', 'text'],
    ['a list', [1, 2]],
  ])('leaves the name of a plain job with %s as data alone', (_what, data) => {
    expect(toJobTitle({ name: 'a job', data })).toBe('a job');
  });
});

describe('toShownData', () => {
  it('puts the payload first and keeps every field', () => {
    const data = {
      v: 1,
      parentId: 'p',
      overrides: { maxAttempts: 5 },
      metadata: { order: 7 },
      userId: 'u',
      correlationId: 'c',
      payload: { to: 'ada@example.com' },
    };
    const shown = toShownData(data);

    expect(shown).toEqual(data);
    expect(Object.keys(Object(shown))).toEqual([
      'payload',
      'correlationId',
      'userId',
      'metadata',
      'overrides',
      'v',
      'parentId',
    ]);
  });

  it('shows no fields that are not there', () => {
    expect(Object.keys(Object(toShownData(envelope)))).toEqual(['payload', 'correlationId', 'v']);
  });

  it('shows data of a plain job as it is', () => {
    const data = { b: 1, a: 2 };

    expect(toShownData(data)).toBe(data);
  });
});
