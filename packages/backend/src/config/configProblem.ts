import { describeValue } from '@core/validation/describeValue';

/**
 * Says what is wrong with a value that must be an `AppConfig`, or `undefined`. Variables in the place of a configuration would
 * give limits that are `undefined`.
 *
 * @param example What makes one, such as `testConfig({ ... })`.
 */
export const configProblem = (appConfig: unknown, example: string): string | undefined =>
  typeof appConfig === 'object' &&
  appConfig !== null &&
  typeof Reflect.get(appConfig, 'taskMaxAttempts') === 'number'
    ? undefined
    : `expected appConfig to be a configuration, such as ${example}, got ${describeValue(appConfig)}`;
