import { type AppConfig, getAppConfig } from '@backend/config/AppConfig';
import { createLogger, type ILogger } from '@backend/logger/Logger';

/** What every entry point begins with. */
export interface Start {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
}

/** Ends the process with a message that needs no stack: the user has something to correct. */
export const exitWithMessage = (message: string): never => {
  process.stderr.write(`${message}\n`);
  return process.exit(1);
};

/** Reads the configuration and creates the logger; a wrong configuration ends the process with every problem listed. */
export const startProcess = (service: string): Start => {
  const appConfig = readConfigOrExit();
  const logger = createLogger({
    level: appConfig.logLevel,
    format: appConfig.environment === 'development' ? 'pretty' : 'json',
    redactPaths: appConfig.logRedactPaths,
    context: { service },
  });
  for (const warning of appConfig.warnings) logger.warn(warning);
  return { appConfig, logger };
};

/** Reads the configuration; a wrong one ends the process with every problem listed. */
export const readConfigOrExit = (): AppConfig => {
  try {
    return getAppConfig();
  } catch (error) {
    return exitWithMessage(error instanceof Error ? error.message : String(error));
  }
};
