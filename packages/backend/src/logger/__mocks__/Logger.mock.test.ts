import { describe, expect, it } from 'bun:test';
import { type ILogger } from '../Logger';
import { getMockedLogger } from './Logger.mock';

describe('getMockedLogger', () => {
  it('records the lines of the logger and of its children', () => {
    const mockLogger = getMockedLogger();
    const logger: ILogger = mockLogger;
    logger.child({ taskId: 't1' }).info('Sent', { id: 1, extra: 2 });

    expect(mockLogger.child).toHaveBeenCalledWith({ taskId: 't1' });
    expect(mockLogger.info).toHaveBeenCalledWith('Sent', expect.objectContaining({ id: 1 }));
    expect(mockLogger.info.mock.calls[0]?.[0]).toBe('Sent');
    expect(mockLogger.error).not.toHaveBeenCalled();
  });

  it('makes independent mocks', () => {
    const first = getMockedLogger();
    first.warn('x');

    expect(getMockedLogger().warn).not.toHaveBeenCalled();
  });
});
