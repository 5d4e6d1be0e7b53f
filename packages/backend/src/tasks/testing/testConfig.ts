import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';

/**
 * The configuration of a test: every default, but for the given variables. The environment of the process is not read.
 *
 * @throws ConfigError naming every variable that is wrong.
 */
export const testConfig = (env: Readonly<Record<string, string>> = {}): AppConfig => {
  const config = parseAppConfig({ NODE_ENV: 'test', ...env });
  if (config.isErr()) throw config.error;
  return config.value;
};
