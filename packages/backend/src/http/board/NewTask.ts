import { type ScheduleOptions } from '@backend/tasks/domain/ScheduleOptions';
import { isEnvelope, parseEnvelope } from '@backend/tasks/domain/TaskEnvelope';
import { fromJobPriority } from '@backend/tasks/queue/JobOptions';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { BoardRefusal } from './BoardRefusal';

/** What the board's form sends: JSON that somebody typed, or the data and options of the job that is duplicated. */
export interface BoardForm {
  readonly data: unknown;
  /** Options in BullMQ's words. */
  readonly options: unknown;
}

/** A scheduling call. */
export interface NewTask {
  readonly payload: unknown;
  /** The duplicated task's, if the form holds one. */
  readonly correlationId?: CorrelationId;
  readonly options: ScheduleOptions;
}

/** Options that are meant. */
const TAKEN = ['delay', 'attempts', 'priority', 'backoff'];

/** Options that a duplicated job brings along and that are ours to choose. */
const LEFT_OUT = [
  'jobId',
  'timestamp',
  'removeOnComplete',
  'removeOnFail',
  'stackTraceLimit',
  'keepLogs',
  'sizeLimit',
];

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the board's form as a scheduling call. Option values are passed on as they are: `schedule` checks them.
 *
 * @returns `BoardRefusal` for an envelope that cannot be read and for options that would be ignored, such as `repeat`.
 */
export const parseBoardForm = ({ data, options }: BoardForm): Result<NewTask, BoardRefusal> =>
  parseOptions(options).andThen((given) => {
    if (!isEnvelope(data)) return ok({ payload: data, options: given });
    return parseEnvelope(data)
      .mapErr(({ message }) => new BoardRefusal(message))
      .map(({ payload, correlationId, userId, metadata, overrides = {} }) => ({
        payload,
        correlationId,
        options: {
          ...(userId === undefined ? {} : { userId }),
          ...(metadata === undefined ? {} : { metadata }),
          ...(overrides.timeoutMs === undefined ? {} : { timeoutMs: overrides.timeoutMs }),
          ...(overrides.backoffMs === undefined ? {} : { backoffMs: overrides.backoffMs }),
          ...given,
        },
      }));
  });

const parseOptions = (options: unknown): Result<ScheduleOptions, BoardRefusal> => {
  if (options === undefined || options === null) return ok({});
  if (!isRecord(options)) return err(new BoardRefusal('expected the job options to be an object'));
  const unknown = Object.keys(options).filter((key) => !TAKEN.includes(key) && !LEFT_OUT.includes(key));
  if (unknown.length > 0) {
    return err(
      new BoardRefusal(`expected only the options ${TAKEN.join(', ')}, got ${unknown.join(', ')} as well`),
    );
  }
  const { delay, attempts, priority, backoff } = options;
  const given = {
    delayMs: delay,
    maxAttempts: attempts,
    priority: typeof priority === 'number' ? fromJobPriority(priority) : priority,
    backoffMs: isRecord(backoff) ? backoff['delay'] : backoff,
  };
  return ok(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
};
