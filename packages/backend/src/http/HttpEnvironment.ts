import { type CorrelationId } from '@core/domain/CorrelationId';
import { type Context } from 'hono';

/** What every request carries once `requestContext` has seen it. */
export interface HttpEnvironment {
  readonly Variables: { readonly correlationId: CorrelationId };
}

/** A request and its answer in the making. */
export type HttpContext = Context<HttpEnvironment>;
