import { afterEach, beforeEach, describe, expect, it, type Mock, spyOn } from 'bun:test';
import { getMockedLogger } from './__mocks__/Logger.mock';
import { guardedLogger } from './guardedLogger';
import { type ILogger } from './Logger';

const loggerThat = (act: () => unknown): ILogger => {
  const method = act as () => never;
  return { debug: method, info: method, warn: method, error: method, child: method, flush: method };
};

const writeEverything = (logger: ILogger): void => {
  logger.debug('d');
  logger.info('i');
  logger.warn('w');
  logger.error('e');
  logger.flush();
};

describe('guardedLogger', () => {
  let stderr: Mock<typeof process.stderr.write>;
  const reports = (): string[] => stderr.mock.calls.map(([line]) => String(line));
  beforeEach(() => {
    stderr = spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    stderr.mockRestore();
  });

  it('hands every line on, with all it carries', () => {
    const inner = getMockedLogger();
    const logger = guardedLogger(inner);
    const error = new Error('boom');
    logger.debug('d', { a: 1 });
    logger.info('i', { a: 2 });
    logger.warn('w', { a: 3 });
    logger.error('e', error, { a: 4 });
    logger.flush();

    expect(inner.debug.mock.calls).toEqual([['d', { a: 1 }]]);
    expect(inner.info.mock.calls).toEqual([['i', { a: 2 }]]);
    expect(inner.warn.mock.calls).toEqual([['w', { a: 3 }]]);
    expect(inner.error.mock.calls).toEqual([['e', error, { a: 4 }]]);
    expect(inner.flush).toHaveBeenCalledTimes(1);
    expect(reports()).toEqual([]);
  });

  it('writes to the children of the logger', () => {
    const [inner, child] = [getMockedLogger(), getMockedLogger()];
    inner.child.mockImplementation(() => child);
    guardedLogger(inner).child({ taskId: 't1' }).info('Sent');

    expect(inner.child.mock.calls).toEqual([[{ taskId: 't1' }]]);
    expect(child.info).toHaveBeenCalledTimes(1);
    expect(inner.info).not.toHaveBeenCalled();
  });

  it.each([
    [
      'an error',
      () => {
        throw new Error('disk full');
      },
      'disk full',
    ],
    [
      'nothing',
      () => {
        throw undefined;
      },
      'undefined',
    ],
    [
      'what has no text',
      () => {
        throw Object.create(null);
      },
      '[object Object]',
    ],
    [
      'what cannot be read',
      () => {
        throw new Proxy(new Error(), {
          get() {
            throw 1;
          },
        });
      },
      '[unreadable object]',
    ],
  ])('reports to standard error when a method throws %s', (_what, act, reason) => {
    writeEverything(guardedLogger(loggerThat(act)));

    expect(reports()).toEqual(Array(5).fill(`a logger threw: ${reason}\n`));
  });

  it('reports a rejection of an asynchronous logger, which harms nobody', async () => {
    writeEverything(guardedLogger(loggerThat(() => Promise.reject(new Error('disk full')))));
    await Bun.sleep(0);

    expect(reports()).toEqual(Array(5).fill('a logger threw: disk full\n'));
  });

  it('goes on with the logger itself when it cannot make a child', () => {
    const inner = getMockedLogger();
    inner.child.mockImplementation(() => {
      throw new Error('disk full');
    });
    guardedLogger(inner).child({ taskId: 't1' }).info('Sent');

    expect(inner.info).toHaveBeenCalledTimes(1);
    expect(reports()).toEqual(['a logger threw: disk full\n']);
  });

  it('guards children and their children too', () => {
    const child = loggerThat(() => {
      throw new Error('disk full');
    });
    const inner = getMockedLogger();
    inner.child.mockImplementation(() => child);
    guardedLogger(inner).child({}).child({}).info('Sent');

    expect(reports()).toHaveLength(2);
  });
});
