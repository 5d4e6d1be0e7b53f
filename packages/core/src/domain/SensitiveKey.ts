// At the end of the name only, so that `secretId` and `tokenCount` stay readable.
const sensitiveEnding = /(?:password|passwd|token|authorization|secret|api[-_]?key|cookie)$/i;

/**
 * Whether a field of this name may hold a credential: its value is never printed, neither in a log line nor in an
 * error. Case-insensitive: `password`, `accessToken`, `X-Api-Key`, `set-cookie`.
 */
export const isSensitiveKey = (name: string): boolean => sensitiveEnding.test(name);

/** For `JSON.stringify`: the values of sensitive fields become `[redacted]`. */
export const redactSensitive = (name: string, value: unknown): unknown =>
  isSensitiveKey(name) ? '[redacted]' : value;
