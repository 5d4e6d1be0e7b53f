import { describeUnknown } from '@core/errors/describeUnknown';
import { type DependencyContainer, type InjectionToken } from 'tsyringe';
import {
  type ResolveResource,
  type ResourceToken,
  showToken,
  toUnknownResource,
} from '../domain/ResourceToken';
import { TaskError } from '../domain/TaskError';
import { type ResourceDefinition } from './ResourceDefinition';

/** What is found by tokens after one start: the resources that have started, and what a container has. */
export interface ResourceScope {
  /** Throws a `TaskError` for what is not there. */
  readonly resolve: ResolveResource;
  /** Finds for the start of a resource: of the resources only those that its `needs` name. */
  resolveFor(asking: ResourceDefinition): ResolveResource;
  add(token: ResourceToken, value: unknown): void;
}

interface ScopeOptions {
  readonly listed: readonly ResourceDefinition[];
  readonly container: DependencyContainer | undefined;
}

/** Creates a scope without resources. */
export const createResourceScope = ({ listed, container }: ScopeOptions): ResourceScope => {
  const values = new Map<ResourceToken, unknown>();
  const own = container?.createChildContainer();
  const isListed = (token: ResourceToken): boolean => listed.some((resource) => resource.token === token);

  const resolve = <Value>(token: ResourceToken<Value>): Value => {
    if (values.has(token)) return values.get(token) as Value; // its definition promised the type
    if (isListed(token)) throw toUnstarted(token);
    if (own !== undefined && hasProvider(own, token)) return resolveFromContainer(own, token);
    throw toUnknownResource(token, [...values.keys()]);
  };

  return {
    resolve,
    resolveFor:
      ({ token: asking, needs }) =>
      (token) => {
        // It may have started all the same, today.
        if (isListed(token) && !needs.includes(token)) throw toUnneeded(asking, token);
        return resolve(token);
      },
    add: (token, value) => {
      values.set(token, value);
      // A factory, because the container takes `undefined` and `null` for no instance.
      own?.register(toInjectionToken(token), { useFactory: () => value });
    },
  };
};

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
