import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { defineResource, type ResourceDefinition, type ResourceSpecification } from '../ResourceDefinition';
import { createResourceSet, type ResourceSetOptions } from '../ResourceSet';

/** More milliseconds than any stop takes. */
export const LONG_MS = 60_000;

/** What a start or a stop that hangs answers. */
export const never = (): Promise<never> => new Promise(() => undefined);

/** Makes resources that note their start and stop, and sets of them. */
export const createResourceBench = () => {
  const events: string[] = [];
  const logger = getMockedLogger();
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const clock = { nowMs: 0 };
  return {
    events,
    logger,
    /** What the time for all stops is measured with; it stands still. */
    clock,
    /** A resource whose value is its token, and that notes its start and stop. */
    noted: (token: string, given: Partial<ResourceSpecification<string>> = {}): ResourceDefinition<string> =>
      defineResource<string>({
        token,
        start: async () => {
          events.push(`start ${token}`);
          return token;
        },
        stop: (value) => void events.push(`stop ${value}`),
        ...given,
      }),
    createSet: (
      definitions: readonly ResourceDefinition[],
      { listed = definitions, container }: Partial<ResourceSetOptions> = {},
    ) => createResourceSet({ definitions, listed, container, logger, appConfig, nowMs: () => clock.nowMs }),
  };
};

/** The signal of a worker that does not stop. */
export const running = (): AbortSignal => new AbortController().signal;
