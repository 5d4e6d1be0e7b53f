import { describeValue } from '@core/validation/describeValue';
import { silentLogger } from './silentLogger';

/** Says what is wrong with a value that must be an `ILogger`, or `undefined`. */
export const loggerProblem = (logger: unknown): string | undefined => {
  const methods =
    typeof logger === 'object' && logger !== null
      ? Object.keys(silentLogger).filter((method) => typeof Reflect.get(logger, method) !== 'function')
      : undefined;
  if (methods?.length === 0) return undefined;
  const without = methods === undefined ? '' : ` without ${methods.join(', ')}`;
  return `expected logger to have the methods of an ILogger, got ${describeValue(logger)}${without}`;
};
