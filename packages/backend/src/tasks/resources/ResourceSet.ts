import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { type DependencyContainer, type InjectionToken } from 'tsyringe';
import {
  type ResolveResource,
  type ResourceToken,
  showToken,
  toUnknownResource,
} from '../domain/ResourceToken';
import { TaskError } from '../domain/TaskError';
import { type ResourceDefinition } from './ResourceDefinition';
import { type HeldResource, holdResource } from './SharedResource';

/** What the handlers of one worker, or of one child process that runs a task, resolve from. */
export interface ResourceSet {
  /**
   * Starts one after the other, each after what it needs; one that runs in this process already is shared. When one fails,
   * takes too long or `signal` is aborted, those that have started are stopped, and the error says which and why.
   */
  start(signal: AbortSignal): Promise<Result<void, Error>>;
  /** Throws a `TaskError` for what is not there. */
  readonly resolve: ResolveResource;
  /**
   * Stops them in reverse order, unless others of the process use them. Each gets its `stopTimeoutMs`, or its share of the
   * time that is left. Never rejects.
   *
   * @param withinMs Milliseconds for all of them.
   */
  stop(withinMs: number): Promise<void>;
}

/** What a set is made of. */
export interface ResourceSetOptions {
  /** In the order of their start; see `planResources`. */
  readonly definitions: readonly ResourceDefinition[];
  /** Every resource of the list, for messages. */
  readonly listed: readonly ResourceDefinition[];
  /** Asked for what is no resource; a child of it gets the resources, so that classes may have them injected. */
  readonly container: DependencyContainer | undefined;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** Milliseconds for those that had started, when one did not. */
const CLEAN_UP_MS = 10_000;

/** Creates a set. Nothing is started yet. */
export const createResourceSet = ({
  definitions,
  listed,
  container,
  logger,
  appConfig,
}: ResourceSetOptions): ResourceSet => {
  const values = new Map<ResourceToken, unknown>();
  const own = container?.createChildContainer();
  const isListed = (token: ResourceToken): boolean => listed.some((resource) => resource.token === token);
  const held: { readonly definition: ResourceDefinition; readonly part: HeldResource }[] = [];

  const resolve = <Value>(token: ResourceToken<Value>): Value => {
    if (values.has(token)) return values.get(token) as Value; // its definition promised the type
    if (isListed(token)) throw toUnstarted(token);
    if (own !== undefined && hasProvider(own, token)) return resolveFromContainer(own, token);
    throw toUnknownResource(token, [...values.keys()]);
  };

  const resolveFor =
    ({ token: asking, needs }: ResourceDefinition) =>
    <Value>(token: ResourceToken<Value>): Value => {
      // It may have started all the same, today.
      if (isListed(token) && !needs.includes(token)) throw toUnneeded(asking, token);
      return resolve(token);
    };

  const stop = async (withinMs: number): Promise<void> => {
    const endsAtMs = performance.now() + withinMs;
    for (let last = held.pop(); last !== undefined; last = held.pop()) {
      const shareMs = Math.max(0, endsAtMs - performance.now()) / (held.length + 1);
      await last.part.release(Math.min(last.definition.stopTimeoutMs, shareMs));
    }
  };

  const startOne = async (
    definition: ResourceDefinition,
    signal: AbortSignal,
  ): Promise<Result<void, Error>> => {
    const { token } = definition;
    const part = holdResource(definition, { appConfig, logger, resolve: resolveFor(definition) });
    held.push({ definition, part });
    const started = await Promise.race([part.started, failureOf(signal)]);
    if (started.isErr()) return err(toFailure(token, started.error));
    values.set(token, started.value);
    own?.registerInstance(toInjectionToken(token), started.value);
    return ok();
  };

  return {
    start: async (signal) => {
      for (const definition of definitions) {
        const started = await startOne(definition, signal);
        if (started.isOk() && !signal.aborted) continue;
        await stop(CLEAN_UP_MS);
        return started.isErr() ? started : err(toFailure(definition.token, new Error('the worker stops')));
      }
      return ok();
    },
    resolve,
    stop,
  };
};

const failureOf = (signal: AbortSignal): Promise<Result<never, Error>> =>
  new Promise((resolve) => {
    const fail = (): void => resolve(err(new Error('the worker stops')));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

const toFailure = (token: ResourceToken, cause: Error): Error =>
  new Error(`the resource ${showToken(token)} did not start: ${cause.message}`, { cause });

/** Each of ours is one of theirs; only a class that is abstract cannot be made by the container, and it says so. */
const toInjectionToken = <Value>(token: ResourceToken<Value>): InjectionToken<Value> =>
  token as InjectionToken<Value>;

/** A class needs no registration: the container makes it, with what its constructor asks for. */
const hasProvider = (container: DependencyContainer, token: ResourceToken): boolean =>
  typeof token === 'function' || container.isRegistered(toInjectionToken(token), true);

const resolveFromContainer = <Value>(container: DependencyContainer, token: ResourceToken<Value>): Value => {
  try {
    return container.resolve(toInjectionToken(token));
  } catch (thrown) {
    const message = `the container cannot resolve ${showToken(token)}: ${describeUnknown(thrown)}`;
    throw new TaskError(message, {}, { code: 'fatal', cause: thrown });
  }
};

const toUnneeded = (asking: ResourceToken, token: ResourceToken): Error =>
  new Error(`it resolves ${showToken(token)}, which needs of ${showToken(asking)} does not name`);

const toUnstarted = (token: ResourceToken): TaskError =>
  TaskError.fatal(
    `the resource ${showToken(token)} is not started: no task that this worker takes names it in options.resources`,
  );
