import { type Mock, mock } from 'bun:test';
import { type ILogger } from '../Logger';

/** An `ILogger` that writes nothing and whose methods record their calls. */
export type MockedLogger = { readonly [Method in keyof ILogger]: Mock<ILogger[Method]> };

/**
 * Makes a logger for tests: `expect(logger.info).toHaveBeenCalledWith('Sent', expect.objectContaining({ id }))`.
 * `child()` answers the same mock, so that the lines of children are seen too.
 */
export const getMockedLogger = (): MockedLogger => {
  const logger: MockedLogger = {
    debug: mock<ILogger['debug']>(),
    info: mock<ILogger['info']>(),
    warn: mock<ILogger['warn']>(),
    error: mock<ILogger['error']>(),
    child: mock<ILogger['child']>(() => logger),
    flush: mock<ILogger['flush']>(),
  };
  return logger;
};
