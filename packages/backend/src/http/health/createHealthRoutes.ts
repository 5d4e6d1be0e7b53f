import { Hono } from 'hono';
import { type HttpEnvironment } from '../HttpEnvironment';
import { checkReadiness, type ReadinessOptions } from './Readiness';

/** Where the process says that it serves. */
export const LIVENESS_PATH = '/healthz';

/** Where the process says whether tasks run. */
export const READINESS_PATH = '/readyz';

/**
 * Creates `GET /healthz`, which answers 200 while the process serves, whatever Redis does, and `GET /readyz`, which answers
 * 200 when tasks would run and 503 with what is missing when they would not.
 */
export const createHealthRoutes = (options: ReadinessOptions): Hono<HttpEnvironment> =>
  new Hono<HttpEnvironment>()
    .get(LIVENESS_PATH, (c) => c.json({ status: 'ok' }))
    .get(READINESS_PATH, async (c) => {
      const readiness = await checkReadiness(options);
      return c.json(readiness, readiness.status === 'ready' ? 200 : 503);
    });
