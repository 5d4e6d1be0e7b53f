import { createRequire } from 'node:module';

/**
 * Loads BullMQ with the first queue or worker; from then on it is there at once. No import, because everything that imports
 * `@backend/tasks` would load it, which takes longer than the rest together: tests that need no Redis, and the process of each
 * isolated attempt. Bun has `require` in modules, and its bundler follows it; Node has `createRequire` alone.
 */
export const loadBullmq = (): typeof import('bullmq') =>
  typeof require === 'function' ? require('bullmq') : createRequire(import.meta.url)('bullmq');
