import { DeadlineError, settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, type Result } from 'neverthrow';
import { tokenName } from '../domain/ResourceToken';
import { type ResourceContext, type ResourceDefinition } from './ResourceDefinition';

/** A resource from one start to its stop. */
export interface OpenedResource {
  /** Resolves when the resource is there, or with why it is not. */
  readonly started: Promise<Result<unknown, Error>>;
  /**
   * Resolves when nothing of a start that failed goes on: it has ended, and what it opened all the same is stopped; or when
   * that has taken `stopTimeoutMs`.
   */
  readonly whenCleared: () => Promise<unknown>;
  /**
   * Stops it, or gives up its start. Resolves when that is done, or has taken too long; a stop that fails or hangs is
   * logged.
   */
  close(closing: Closing): Promise<void>;
}

interface Closing {
  /** Milliseconds the stop may take. */
  readonly limitMs: number;
  readonly logger: ILogger;
}

interface OpeningOptions {
  readonly context: Omit<ResourceContext, 'signal'>;
  /** What has to be over before it starts. */
  readonly after: Promise<unknown>;
}

/** How long a start that was given up may go on before what it needs is stopped; milliseconds. */
const GIVEN_UP_MS = 600;

/** Starts a resource, in the time it has. */
export const openResource = (
  definition: ResourceDefinition,
  { context, after }: OpeningOptions,
): OpenedResource => {
  const { startTimeoutMs, stopTimeoutMs } = definition;
  const giveUp = new AbortController();
  const { signal } = giveUp;
  let isStarting = true;
  /** What is left of a start that failed. */
  let rest: Promise<unknown> = Promise.resolve();

  /** The reason why it took so long, which nobody else hears of. */
  const reportLate = (error: unknown): void => {
    if (error === signal.reason) return;
    const facts = { resource: tokenName(definition.token), reason: describeUnknown(error) };
    context.logger.warn('A resource failed to start, after its time was over', facts);
  };

  const start = async (): Promise<Result<unknown, Error>> => {
    await after;
    if (signal.aborted) return err(signal.reason); // while it waited
    const starting = (async () => definition.start({ ...context, signal }))();
    const started = await settleWithin(Promise.race([starting, rejectionOf(signal)]), startTimeoutMs);
    if (started.isOk()) return started;
    const isLate = started.error instanceof DeadlineError;
    // A start that comes late all the same has opened something that nobody will close.
    rest = starting.then(
      (value) => stopValue(definition, value, { limitMs: stopTimeoutMs, logger: context.logger }),
      (error: unknown) => (isLate ? reportLate(error) : undefined),
    );
    if (!isLate) return started;
    const late = new Error(`it took longer than startTimeoutMs (${startTimeoutMs} ms)`);
    giveUp.abort(late);
    return err(late);
  };

  const started = start().finally(() => {
    isStarting = false;
  });
  return {
    started,
    whenCleared: async () => settleWithin(rest, stopTimeoutMs),
    close: async ({ limitMs, logger }) => {
      if (isStarting) giveUp.abort(new Error('nobody needs it any more'));
      // It may still wait for the stop before it, whose time is not this holder's. Then nothing is open, and nothing will be.
      const answer = await settleWithin(started, limitMs);
      if (answer.isErr()) return;
      if (answer.value.isOk()) await stopValue(definition, answer.value.value, { limitMs, logger });
      else await settleWithin(rest, Math.min(limitMs, GIVEN_UP_MS));
    },
  };
};

const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const stopValue = async (
  { token, stop }: ResourceDefinition,
  value: unknown,
  { limitMs, logger }: Closing,
): Promise<void> => {
  const stopping = (async () => {
    await stop(value);
  })();
  const stopped = await settleWithin(stopping, limitMs);
  if (stopped.isOk()) return;
  const resource = tokenName(token);
  if (stopped.error instanceof DeadlineError)
    logger.warn('A resource did not stop in time; it is left behind', {
      resource,
      limitMs: Math.round(limitMs),
    });
  else logger.error('A resource failed to stop; it is left behind', stopped.error, { resource });
};
