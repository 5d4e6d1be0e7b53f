import { describe, expect, it } from 'bun:test';
import { toLogFields } from './LogFields';
import { toRedactPaths } from './RedactPaths';

const redact = (paths: readonly string[], meta: object) => toLogFields(meta, toRedactPaths(paths));

describe('toRedactPaths', () => {
  it.each([
    ['card.number', { card: { number: 1, name: 2 } }, { card: { number: '[redacted]', name: 2 } }],
    ['card.number', { payload: { card: { number: 1 } } }, { payload: { card: { number: '[redacted]' } } }],
    [
      'payload.card.number',
      { payload: { card: { number: 1 } } },
      { payload: { card: { number: '[redacted]' } } },
    ],
    ['payload.card.number', { card: { number: 1 } }, { card: { number: '[redacted]' } }],
    [
      'iban',
      { a: { payload: { iban: 1 } }, metadata: { iban: 2 } },
      { a: { payload: { iban: '[redacted]' } }, metadata: { iban: '[redacted]' } },
    ],
    ['items.*.price', { items: [{ price: 1, id: 2 }] }, { items: [{ price: '[redacted]', id: 2 }] }],
    ['*.iban', { x: { iban: 1 } }, { x: { iban: '[redacted]' } }],
    ['card', { card: { number: 1 } }, { card: '[redacted]' }],
    ['card.number', { number: 1, cart: { number: 2 } }, { number: 1, cart: { number: 2 } }],
  ])('%s redacts %j', (path, meta, expected) => {
    expect<unknown>(redact([path], meta)).toEqual(expected);
  });

  it.each([[['card', 'card.number']], [['card.number', 'card']]])('lets the shorter of %j win', (paths) => {
    expect(redact(paths, { card: { name: 1 } })).toEqual({ card: '[redacted]' });
  });

  it('keeps paths with a common beginning apart', () => {
    expect(redact(['card.number', 'card.cvc'], { card: { number: 1, cvc: 2, name: 3 } })).toEqual({
      card: { number: '[redacted]', cvc: '[redacted]', name: 3 },
    });
  });
});
