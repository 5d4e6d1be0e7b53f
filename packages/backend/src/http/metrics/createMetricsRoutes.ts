import { type AppConfig } from '@backend/config/AppConfig';
import { Hono } from 'hono';
import { Registry } from 'prom-client';
import { createBoardAccess } from '../board/BoardAccess';
import { type HttpEnvironment } from '../HttpEnvironment';
import { addLedgerMetrics, type ReadLag } from './ledgerMetrics';

/** Where the process tells its metrics. */
export const METRICS_PATH = '/metrics';

interface MetricsOptions {
  readonly appConfig: AppConfig;
  /** Absent without a ledger: then there are no metrics of it. */
  readonly readLag?: ReadLag | undefined;
}

/**
 * Creates `GET /metrics`, in Prometheus' text format. Whoever may see the board may read it: with a password, HTTP basic
 * authentication, which scrapers speak.
 *
 * @throws BoardAccessError when it would be open to other machines without a password.
 */
export const createMetricsRoutes = ({ appConfig, readLag }: MetricsOptions): Hono<HttpEnvironment> =>
  new Hono<HttpEnvironment>().get(METRICS_PATH, createBoardAccess(appConfig), async (c) => {
    const registry = new Registry();
    if (readLag !== undefined) addLedgerMetrics(registry, await readLag());
    return c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType });
  });
