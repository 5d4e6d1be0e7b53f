import { describe, expect, it } from 'bun:test';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import fc from 'fast-check';
import { bareEnvelope, isEnvelope, parseEnvelope, type TaskEnvelope } from './TaskEnvelope';
import { TaskId } from './TaskId';

const smallest = { v: 1, payload: null, correlationId: CorrelationId() } as const;

describe('isEnvelope', () => {
  it.each([
    ['the smallest envelope', true, smallest],
    ['one of a later version', true, { v: 2, correlationId: 'x', anything: 1 }],
    ['a payload without version', false, { correlationId: 'x' }],
    ['a payload without correlation ID', false, { v: 1, payload: {} }],
    ['a payload whose v is a text', false, { v: '1', correlationId: 'x' }],
    ['a payload whose v is a fraction', false, { v: 1.5, correlationId: 'x' }],
    ['an array', false, [1]],
    ['null', false, null],
    ['undefined', false, undefined],
    ['a text', false, 'v'],
  ])('for %s is %p', (_what, answer, data) => {
    expect(isEnvelope(data)).toBe(answer);
  });
});

describe('parseEnvelope', () => {
  it('reads every field', () => {
    const envelope: TaskEnvelope = {
      ...smallest,
      payload: { to: 'a' },
      parentId: TaskId(),
      userId: UserId(),
      metadata: { tenant: { id: 1 } },
      overrides: {
        maxAttempts: 5,
        timeoutMs: 2_147_483_647,
        backoffMs: 0,
        retry: { backoff: 'steps', stepsMs: [1, 2] },
      },
      retriedFrom: TaskId(),
      scheduleId: 'reports:daily',
      stepsOf: '17',
      expiresAtMs: 1_900_000_000_000,
    };

    expect(parseEnvelope({ ...envelope })._unsafeUnwrap()).toEqual(envelope);
  });

  const wrong: [problem: string, change: Record<string, unknown>][] = [
    ['expected envelope version 1, got 2', { v: 2 }],
    ['expected envelope version 1, got 0', { v: 0 }],
    ['expected envelope version 1, got [{"toString":{}}]', { v: [{ toString: {} }] }],
    ['unknown envelope field "expiresAt"', { expiresAt: 5 }],
    ['unknown envelope field "__proto__"', JSON.parse('{"__proto__":{}}')],
    ['the envelope field correlationId is not a correlation ID', { correlationId: 'two words' }],
    ['the envelope field correlationId is not a correlation ID', { correlationId: '' }],
    ['the envelope field parentId is not a task id', { parentId: 'wait' }],
    ['the envelope field ancestors is no list of names', { ancestors: ['a:b', 1] }],
    ['the envelope field ancestors is no list of names', { ancestors: 'a:b' }],
    ['the envelope field retriedFrom is not a task id', { retriedFrom: 'wait' }],
    ['the envelope field scheduleId is no text', { scheduleId: 7 }],
    ['the envelope field stepsOf is no text', { stepsOf: 7 }],
    ['the envelope field expiresAtMs is no time in milliseconds', { expiresAtMs: 1.5 }],
    [
      'the envelope field overrides is malformed: {"retry":{"backoff":"never"}}',
      { overrides: { retry: { backoff: 'never' } } },
    ],
    ['the envelope field userId is not a user id', { userId: 7 }],
    ['the envelope field metadata is no object', { metadata: 'x' }],
    ['the envelope field metadata is no object', { metadata: null }],
    ['the envelope field overrides is malformed: {"maxAttempts":0}', { overrides: { maxAttempts: 0 } }],
    ['the envelope field overrides is malformed: {"priority":5}', { overrides: { priority: 5 } }],
    [
      'the envelope field overrides is malformed: {"timeoutMs":2147483648}',
      { overrides: { timeoutMs: 2_147_483_648 } },
    ],
    ['the envelope field overrides is malformed: {"maxAttempts":1001}', { overrides: { maxAttempts: 1001 } }],
    ['the envelope field overrides is malformed: {"backoffMs":-1}', { overrides: { backoffMs: -1 } }],
    ['the envelope field overrides is malformed: null', { overrides: null }],
  ];

  it.each(wrong)('answers: %s', (problem, change) => {
    const data = Object.defineProperties({ ...smallest }, Object.getOwnPropertyDescriptors(change));

    expect(parseEnvelope(data)._unsafeUnwrapErr()).toMatchObject({ name: 'EnvelopeError', message: problem });
  });

  const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
  const envelopes = fc.record(
    {
      v: fc.constant(1 as const),
      payload: fc.jsonValue(),
      correlationId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/).map((text) => CorrelationId(text)),
      parentId: fc.constant(TaskId()),
      ancestors: fc.array(fc.string()),
      userId: fc.constant(UserId()),
      metadata: fc.dictionary(fc.string(), fc.jsonValue()),
      overrides: fc.record(
        {
          maxAttempts: fc.integer({ min: 1, max: 1000 }),
          timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          backoffMs: fc.nat(),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['v', 'payload', 'correlationId'] },
  );

  it('gives back every envelope that went through JSON', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        const stored: unknown = JSON.parse(JSON.stringify(envelope));
        expect(isEnvelope(stored)).toBe(true);
        if (isEnvelope(stored))
          expect(JSON.stringify(parseEnvelope(stored)._unsafeUnwrap())).toBe(JSON.stringify(envelope));
      }),
    );
  });

  it('never throws, whatever claims to be an envelope', () => {
    const fields = fc.dictionary(
      fc.constantFrom(
        'v',
        'payload',
        'correlationId',
        'parentId',
        'ancestors',
        'userId',
        'metadata',
        'overrides',
        'x',
      ),
      optional(fc.jsonValue()),
    );

    fc.assert(
      fc.property(fields, (data) => {
        parseEnvelope(data);
      }),
    );
  });
});

describe('bareEnvelope', () => {
  it('takes foreign data for the payload, with a correlation ID of its own', () => {
    const envelope = bareEnvelope({ plain: true }, 'reports:build:1');

    expect(envelope).toEqual({ v: 1, payload: { plain: true }, correlationId: expect.any(String) });
    expect(parseCorrelationId(envelope.correlationId).isOk()).toBe(true);
    expect(bareEnvelope({}, 'reports:build:2').correlationId).not.toBe(envelope.correlationId);
    expect(bareEnvelope({}, 'reports:build:1').correlationId).toBe(envelope.correlationId);
  });
});
