/** A first part of Redis keys that nobody else uses. */
export const createPrefix = (): string => `benchmark-${Bun.randomUUIDv7()}`;
