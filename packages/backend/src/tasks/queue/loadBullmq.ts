import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads BullMQ with the first queue or worker; from then on it is there at once. No import, because everything that imports
 * `@backend/tasks` would load it, which takes longer than the rest together: tests that need no Redis, and the process of each
 * isolated attempt.
 */
export const loadBullmq = (): typeof import('bullmq') => require('bullmq');
