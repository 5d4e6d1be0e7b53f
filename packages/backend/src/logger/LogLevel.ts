/** The levels from the most talkative to none at all. A logger writes its own level and those after it. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** What a logger is set to; `silent` writes nothing. */
export type LogLevel = (typeof logLevels)[number];

/** Whether a logger set to `threshold` writes lines of `level`. */
export const isLevelEnabled = (level: LogLevel, threshold: LogLevel): boolean =>
  threshold !== 'silent' && logLevels.indexOf(level) >= logLevels.indexOf(threshold);
