import { z } from 'zod';
import { type BrandedId, defineBrandedId } from './brandedId';

// W3C trace ids, ULIDs and the ids of common gateways fit; spaces, quotes and line breaks would forge log lines.
const kind = defineBrandedId('CorrelationId', {
  schema: z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, 'expected 1..128 characters of A-Z a-z 0-9 . _ : -'),
  description: '1..128 characters of A-Z a-z 0-9 . _ : -',
});

/** The one id through a request, its tasks, their log lines and their child tasks. */
export type CorrelationId = BrandedId<'CorrelationId'>;

/**
 * `CorrelationId()` makes a new one (UUIDv7); `CorrelationId(value)` takes over one from outside: 1..128 characters
 * of A-Z a-z 0-9 . _ : -. Throws `ValidationError` for any other value; use {@link parseCorrelationId} for a `Result`.
 */
export const CorrelationId = kind.create;

/** For use inside other schemas; its output is a {@link CorrelationId}. */
export const correlationIdSchema = kind.schema;

/** Checks an unknown value, such as a request header. Error: `ValidationError` naming the value and the rule. */
export const parseCorrelationId = kind.parse;
