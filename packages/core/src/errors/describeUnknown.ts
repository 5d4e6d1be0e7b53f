/**
 * Says in one line what a caught or foreign value is: an error's message, a string as it is, anything else as text.
 * Never throws, whatever the value does when it is read.
 */
export const describeUnknown = (value: unknown): string => {
  try {
    if (value instanceof Error) return String(value.message);
    return typeof value === 'object' && value !== null
      ? Object.prototype.toString.call(value)
      : String(value);
  } catch {
    // A value that throws while it is read (a Proxy, a getter) has no better description than its kind.
    return `[unreadable ${typeof value}]`;
  }
};
