import { type AppErrorOptions, type ErrorMetadata } from '@core/errors/AppError';
import { toCallFailure } from './CallFailure';

/** The errors of an area, which have all the codes of a call that was not carried out. */
type FailureClass<Failure> = new (
  message: string,
  options: AppErrorOptions<ReturnType<typeof toCallFailure>['code']>,
) => Failure;

/**
 * Answers what makes an area's error of one that the ledger or the queues answered: they are silent, refuse or failed, or tasks
 * are switched off. Its `metadata` says how far the call had come; default: empty.
 */
export const toFailureOf =
  <Failure>(ErrorClass: FailureClass<Failure>) =>
  (error: Error, metadata: ErrorMetadata = {}): Failure => {
    const { message, ...failure } = toCallFailure(error);
    return new ErrorClass(message, { ...failure, metadata });
  };
