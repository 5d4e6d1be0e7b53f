import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type DependencyContainer } from 'tsyringe';
import { type ResolveResource, type ResourceToken, showToken } from '../domain/ResourceToken';
import { type ResourceDefinition } from './ResourceDefinition';
import { createResourceScope } from './ResourceScope';
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
  /** Told of each resource before its start, which waits until what this answers has resolved. */
  readonly beforeStart?: (token: ResourceToken) => Promise<unknown>;
  /** What the time for all stops is measured with. Default: the clock of the process. */
  readonly nowMs?: () => number;
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
  beforeStart,
  nowMs = () => performance.now(),
}: ResourceSetOptions): ResourceSet => {
  let scope = createResourceScope({ listed, container });
  const held: { readonly definition: ResourceDefinition; readonly part: HeldResource }[] = [];
  const findPart = (token: ResourceToken): HeldResource | undefined =>
    held.find(({ definition }) => definition.token === token)?.part;

  const stopEach = async (withinMs: number): Promise<void> => {
    const endsAtMs = nowMs() + withinMs;
    for (let last = held.pop(); last !== undefined; last = held.pop()) {
      const shareMs = Math.max(0, endsAtMs - nowMs()) / (held.length + 1);
      await last.part.release(Math.min(last.definition.stopTimeoutMs, shareMs));
    }
  };

  /** One after the other: what a resource needs is stopped after it, whoever asks for the stop. */
  let stopping: Promise<void> | undefined;
  const stop = async (withinMs: number): Promise<void> => {
    const endsAtMs = nowMs() + withinMs;
    while (stopping !== undefined) await stopping;
    stopping = stopEach(Math.max(0, endsAtMs - nowMs()));
    await stopping;
    stopping = undefined;
  };

  const startOne = async (definition: ResourceDefinition, stopped: Promise<Stopped>) => {
    const { token, needs } = definition;
    if (beforeStart !== undefined) await beforeStart(token);
    const into = scope;
    const resolve = into.resolveFor(definition);
    const part = holdResource(definition, { needs: needs.map(findPart), appConfig, logger, resolve });
    held.push({ definition, part });
    const started = await Promise.race([part.started, stopped]);
    return started.map((value) => into.add(token, value));
  };

  const startEach = async (signal: AbortSignal, stopped: Promise<Stopped>): Promise<Result<void, Error>> => {
    for (const definition of definitions) {
      const started = signal.aborted ? toStopped() : await startOne(definition, stopped);
      const answer = signal.aborted ? toStopped() : started;
      if (answer.isErr()) return err(toFailure(definition.token, answer.error));
    }
    return ok();
  };

  return {
    start: async (signal) => {
      // What the container made for a start that failed has what that start had opened.
      scope = createResourceScope({ listed, container });
      const { promise: stopped, resolve: tell } = Promise.withResolvers<Stopped>();
      const onAbort = (): void => tell(toStopped());
      signal.addEventListener('abort', onAbort);
      const started = await startEach(signal, stopped);
      signal.removeEventListener('abort', onAbort);
      if (started.isErr()) await stop(CLEAN_UP_MS);
      return started;
    },
    resolve: (token) => scope.resolve(token),
    stop,
  };
};

type Stopped = Result<never, Error>;

const toStopped = (): Stopped => err(new Error('the worker stops'));

const toFailure = (token: ResourceToken, cause: Error): Error =>
  new Error(`the resource ${showToken(token)} did not start: ${cause.message}`, { cause });
