import { type Result } from 'neverthrow';
import { type OpenedResource, openResource } from './OpenedResource';
import { type ResourceContext, type ResourceDefinition } from './ResourceDefinition';

/** One holder's part in a resource of the process. */
export interface HeldResource {
  /** What the part is of. */
  readonly resource: SharedResource;
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

/** A resource that runs, for all who hold it. */
interface SharedResource {
  holderCount: number;
  readonly opened: OpenedResource;
  /** What it was started with, in the order of its `needs`; `undefined` for what is no resource. */
  readonly needs: readonly (SharedResource | undefined)[];
}

interface HoldOptions extends Omit<ResourceContext, 'signal'> {
  /** What the same holder holds of its `needs`, in their order. */
  readonly needs: readonly (HeldResource | undefined)[];
}

/**
 * Module state, and why: workers are created one by one, with nothing in common but the definitions that they are given,
 * and a pool is to be opened once in a process. What nobody holds is not here. A definition is here several times when its
 * holders give it other resources to start with: each holder's needs outlive what was started with them.
 */
const shared = new WeakMap<ResourceDefinition, readonly SharedResource[]>();

/** Stops that are under way: the next start of the same resource waits for its port or its file to be free. */
const endings = new WeakMap<ResourceDefinition, Promise<void>>();

/** Takes part in a resource, and starts it if nobody else has: with this context then. */
export const holdResource = (
  definition: ResourceDefinition,
  { needs: parts, ...context }: HoldOptions,
): HeldResource => {
  const needs = parts.map((part) => part?.resource);
  const resource = findShared(definition, needs) ?? share(definition, { needs, context });
  const { opened } = resource;
  resource.holderCount += 1;
  return {
    resource,
    started: opened.started,
    release: async (limitMs) => {
      resource.holderCount -= 1;
      if (resource.holderCount > 0) return;
      forget(definition, resource);
      const closed = opened.close({ limitMs, logger: context.logger });
      addEnding(definition, closed);
      await closed;
    },
  };
};

const findShared = (
  definition: ResourceDefinition,
  needs: SharedResource['needs'],
): SharedResource | undefined =>
  shared.get(definition)?.find((resource) => resource.needs.every((need, index) => need === needs[index]));

const share = (
  definition: ResourceDefinition,
  { needs, context }: Pick<SharedResource, 'needs'> & { readonly context: Omit<ResourceContext, 'signal'> },
): SharedResource => {
  const opened = openResource(definition, { context, after: endings.get(definition) ?? Promise.resolve() });
  const resource: SharedResource = { holderCount: 0, opened, needs };
  shared.set(definition, [...(shared.get(definition) ?? []), resource]);
  void opened.started.then((answer) => {
    if (answer.isOk()) return;
    forget(definition, resource); // The next one who needs it tries again.
    addEnding(definition, opened.whenCleared());
  });
  return resource;
};

const forget = (definition: ResourceDefinition, resource: SharedResource): void => {
  const others = shared.get(definition)?.filter((other) => other !== resource) ?? [];
  if (others.length > 0) shared.set(definition, others);
  else shared.delete(definition);
};

const addEnding = (definition: ResourceDefinition, ending: Promise<unknown>): void => {
  const before = endings.get(definition);
  endings.set(
    definition,
    Promise.all([before, ending]).then(() => undefined),
  );
};
