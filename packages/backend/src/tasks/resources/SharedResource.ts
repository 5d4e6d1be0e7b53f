import { type ILogger } from '@backend/logger/Logger';
import { err, type Result } from 'neverthrow';
import { tokenName } from '../domain/ResourceToken';
import { DeadlineError, settleWithin } from '../queue/settleWithin';
import { type ResourceContext, type ResourceDefinition } from './ResourceDefinition';

/** One holder's part in a resource of the process. */
export interface HeldResource {
  /** Resolves when the resource is there, or with why it is not. */
  readonly started: Promise<Result<unknown, Error>>;
  /**
   * Gives the part back, once; the last holder stops the resource. Resolves when that is done, or has taken too long; a
   * stop that fails or hangs is logged.
   *
   * @param limitMs Milliseconds the stop may take.
   */
  release(limitMs: number): Promise<void>;
}

interface SharedResource {
  holderCount: number;
  isStarting: boolean;
  readonly started: Promise<Result<unknown, Error>>;
  /** Ends a start that nobody waits for any more. */
  readonly giveUp: AbortController;
}

/**
 * Module state, and why: workers are created one by one, with nothing in common but the definitions that they are given,
 * and a pool is to be opened once in a process. What nobody holds is not here.
 */
const shared = new WeakMap<ResourceDefinition, SharedResource>();

/** Stops that are under way: the next start of the same resource waits for its port or its file to be free. */
const endings = new WeakMap<ResourceDefinition, Promise<void>>();

/** Takes part in a resource, and starts it if nobody else has: with this context then. */
export const holdResource = (
  definition: ResourceDefinition,
  context: Omit<ResourceContext, 'signal'>,
): HeldResource => {
  const resource = shared.get(definition) ?? share(definition, context);
  resource.holderCount += 1;
  return {
    started: resource.started,
    release: async (limitMs) => {
      resource.holderCount -= 1;
      if (resource.holderCount > 0) return;
      if (shared.get(definition) === resource) shared.delete(definition);
      const ending = end(resource, { definition, limitMs, logger: context.logger });
      endings.set(definition, ending);
      // A start that is given up may wait for the stop before it, whose time is not this holder's.
      if (resource.isStarting) await settleWithin(ending, limitMs);
      else await ending;
    },
  };
};

const share = (definition: ResourceDefinition, context: Omit<ResourceContext, 'signal'>): SharedResource => {
  const giveUp = new AbortController();
  const before = endings.get(definition) ?? Promise.resolve();
  const started = before.then(() => startWithin(definition, context, giveUp));
  const resource: SharedResource = { holderCount: 0, isStarting: true, started, giveUp };
  shared.set(definition, resource);
  void started.then((answer) => {
    resource.isStarting = false;
    // The next one who needs it tries again.
    if (answer.isErr() && shared.get(definition) === resource) shared.delete(definition);
  });
  return resource;
};

const startWithin = async (
  definition: ResourceDefinition,
  context: Omit<ResourceContext, 'signal'>,
  giveUp: AbortController,
): Promise<Result<unknown, Error>> => {
  const { startTimeoutMs, stopTimeoutMs } = definition;
  const { signal } = giveUp;
  if (signal.aborted) return err(signal.reason); // while the stop before it was waited for
  const starting = (async () => definition.start({ ...context, signal }))();
  const started = await settleWithin(Promise.race([starting, rejectionOf(signal)]), startTimeoutMs);
  if (started.isOk()) return started;
  // A start that comes late all the same has opened something that nobody will close.
  void starting.then(
    (value) => stopValue(value, { definition, limitMs: stopTimeoutMs, logger: context.logger }),
    () => undefined,
  );
  if (!(started.error instanceof DeadlineError)) return started;
  const late = new Error(`it took longer than startTimeoutMs (${startTimeoutMs} ms)`);
  giveUp.abort(late);
  return err(late);
};

const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

interface Ending {
  readonly definition: ResourceDefinition;
  readonly limitMs: number;
  readonly logger: ILogger;
}

const end = async (resource: SharedResource, ending: Ending): Promise<void> => {
  if (resource.isStarting) resource.giveUp.abort(new Error('nobody needs it any more'));
  const started = await resource.started;
  if (started.isOk()) await stopValue(started.value, ending);
};

const stopValue = async (value: unknown, { definition, limitMs, logger }: Ending): Promise<void> => {
  const stopping = (async () => {
    await definition.stop(value);
  })();
  const stopped = await settleWithin(stopping, limitMs);
  if (stopped.isOk()) return;
  const resource = tokenName(definition.token);
  if (stopped.error instanceof DeadlineError)
    logger.warn('A resource did not stop in time; it is left behind', {
      resource,
      limitMs: Math.round(limitMs),
    });
  else logger.error('A resource failed to stop; it is left behind', stopped.error, { resource });
};
