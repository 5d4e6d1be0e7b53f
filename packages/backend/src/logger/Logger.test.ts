import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { runWithLogContext } from './LogContext';
import { createLogger, type ILogger, type LoggerOptions } from './Logger';

const setup = (options: Partial<LoggerOptions> = {}) => {
  const texts: string[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => texts.push(line) },
    ...options,
  });
  const readLines = (): Record<string, unknown>[] => texts.map((text) => JSON.parse(text));
  return { logger, texts, readLines };
};

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('createLogger', () => {
  it('writes one JSON object a line', () => {
    const { logger, texts, readLines } = setup();
    logger.info('Task completed', { taskId: 't1' });

    expect(readLines()).toEqual([{ level: 'info', time, taskId: 't1', msg: 'Task completed' }]);
    expect(texts.join('')).toEndWith('}\n');
  });

  it.each<[LoggerOptions['level'], string[]]>([
    ['trace', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ])('at level %s writes %j', (level, expected) => {
    const { logger, readLines } = setup({ level });
    for (const each of [logger, logger.child({})]) {
      each.debug('x');
      each.info('x');
      each.warn('x');
      each.error('x');
    }

    expect(readLines().map((line) => line['level'])).toEqual([...expected, ...expected]);
  });

  it('does not look at the meta of a disabled level', () => {
    const { logger } = setup({ level: 'info' });
    let isRead = false;
    logger.debug('x', {
      get value() {
        isRead = true;
        return 1;
      },
    });

    expect(isRead).toBe(false);
  });

  it('lets the line win over child, child over surrounding work, and that over the context', () => {
    const { logger, readLines } = setup({ context: { a: 1, b: 1, c: 1, d: 1 } });
    const child = logger.child({ c: 3, d: 3 });
    runWithLogContext({ b: 2, c: 2, d: 2 }, () => child.info('x', { d: 4 }));

    expect(readLines()).toEqual([{ level: 'info', time, a: 1, b: 2, c: 3, d: 4, msg: 'x' }]);
  });

  it('carries the bindings of the surrounding work after an await', async () => {
    const { logger, readLines } = setup();
    await runWithLogContext({ correlationId: 'c1' }, async () => {
      await Promise.resolve();
      logger.info('x');
    });
    logger.info('y');

    expect(readLines().map((line) => line['correlationId'])).toEqual(['c1', undefined]);
  });

  it('adds the bindings of children of children, and not to their parents', () => {
    const { logger, readLines } = setup();
    const child = logger.child({ a: 1 });
    child.child({ b: 2 }).info('x');
    child.info('y');

    expect(readLines()).toEqual([
      { level: 'info', time, a: 1, b: 2, msg: 'x' },
      { level: 'info', time, a: 1, msg: 'y' },
    ]);
  });

  it('redacts meta, bindings, context and surrounding work', () => {
    const { logger, texts } = setup({ context: { token: 'hunter2' }, redactPaths: ['payload.iban'] });
    runWithLogContext({ cookie: 'hunter2' }, () =>
      logger
        .child({ password: 'hunter2' })
        .error('x', Object.assign(new Error('y'), { metadata: { apiKey: 'hunter2' } }), {
          payload: { iban: 'hunter2' },
        }),
    );

    expect(texts.join('')).not.toContain('hunter2');
    expect(texts.join('').match(/\[redacted\]/g)).toHaveLength(5);
  });

  it('logs errors with their message, and none when there is none', () => {
    const { logger, readLines } = setup();
    logger.error('Task failed', new TypeError('no mail'), { taskId: 't1' });
    logger.error('Task failed', undefined, { taskId: 't2' });

    expect(readLines()).toEqual([
      {
        level: 'error',
        time,
        taskId: 't1',
        error: { name: 'TypeError', message: 'no mail', stack: expect.any(String) },
        msg: 'Task failed',
      },
      { level: 'error', time, taskId: 't2', msg: 'Task failed' },
    ]);
  });

  it('keeps all fields of what looks like a request, and takes no % for a placeholder', () => {
    const { logger, readLines } = setup();
    logger.info('100 %s', { method: 'GET', headers: { a: 1 }, socket: {}, taskId: 't1' });

    expect(readLines()).toEqual([
      { level: 'info', time, method: 'GET', headers: { a: 1 }, socket: {}, taskId: 't1', msg: '100 %s' },
    ]);
  });

  it('writes errors inside meta in the same form, also under the key that pino treats in its own way', () => {
    const { logger, readLines } = setup();
    logger.info('x', { err: new RangeError('inner') });

    expect(readLines()[0]?.['err']).toEqual({
      name: 'RangeError',
      message: 'inner',
      stack: expect.any(String),
    });
  });

  it('describes a message that is not a string', () => {
    const { logger, readLines } = setup();
    // A cast: callers in JavaScript can pass anything.
    logger.info(Symbol('s') as unknown as string, { a: 1 });

    expect(readLines()).toEqual([{ level: 'info', time, a: 1, msg: 'Symbol(s)' }]);
  });

  it('never throws and always writes a line, whatever it is given', () => {
    const log = (logger: ILogger, [message, meta, error]: readonly unknown[]): void => {
      // A cast: callers in JavaScript can pass anything.
      const untyped = logger as unknown as Record<string, (...given: unknown[]) => void>;
      untyped['info']?.(message, meta);
      untyped['error']?.(message, error, meta);
    };
    fc.assert(
      fc.property(fc.array(fc.anything({ withBigInt: true }), { minLength: 3, maxLength: 3 }), (given) => {
        const { logger, readLines } = setup();
        log(logger, given);
        return readLines().length === 2;
      }),
    );
  });

  it.each(['pretty', 'json'] as const)('survives a destination that throws, in format %s', (format) => {
    const logger = createLogger({
      level: 'info',
      format,
      destination: {
        write: () => {
          throw new Error('full');
        },
        flush: () => {
          throw new Error('full');
        },
      },
    });

    expect(() => {
      logger.info('x');
      logger.flush();
    }).not.toThrow();
  });

  it('says so when one line could not be written', () => {
    const texts: string[] = [];
    const write = (line: string) => {
      if (line.includes('too long')) throw new Error('no room');
      texts.push(line);
    };
    createLogger({ level: 'info', format: 'json', destination: { write } }).info('too long');

    expect(texts.map((text) => JSON.parse(text))).toEqual([
      { level: 'error', msg: 'a log line could not be written', reason: 'no room' },
    ]);
  });

  it('flushes its destination', () => {
    let flushCount = 0;
    const flush = () => {
      flushCount += 1;
    };
    createLogger({ level: 'info', format: 'json', destination: { write: () => undefined, flush } })
      .child({})
      .flush();

    expect(flushCount).toBe(1);
  });

  it('writes for people when asked to', () => {
    const { logger, texts } = setup({ format: 'pretty' });
    logger.error('Task failed', new Error('no mail'), { taskId: 't1' });

    expect(Bun.stripANSI(texts.join(''))).toMatch(/ERROR: Task failed .*"taskId":"t1".*Error: no mail/s);
  });
});

const program = `
  import { createLogger } from '@backend/logger/Logger';
  const logger = createLogger({ level: 'info', format: 'json' });
  for (let i = 0; i < 5000; i++) logger.info('line', { i, text: 'x'.repeat(50) });
  process.exit(0);
`;

const runShell = async (script: string): Promise<string[]> => {
  const shell = Bun.spawn(['sh', '-c', script], {
    cwd: import.meta.dir,
    env: { ...process.env, BUN: process.execPath, PROGRAM: program },
    stdout: 'pipe',
  });
  const text = await new Response(shell.stdout).text();
  return text.trim().split('\n');
};

describe('a process that exits at once after 5,000 lines', () => {
  it.each([
    ['a fast reader', '"$BUN" -e "$PROGRAM"'],
    // The shell reads byte by byte: the pipe is full nearly all the time.
    ['a slow reader', '"$BUN" -e "$PROGRAM" | while IFS= read -r line; do printf "%s\\n" "$line"; done'],
  ])('loses none with %s', async (_reader, script) => {
    const lines = await runShell(script);

    expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  it('exits as usual when the reader has gone away', async () => {
    const lines = await runShell(
      'exec 3>&1; { "$BUN" -e "$PROGRAM"; echo "exit $?" >&3; } | head -n 1 >/dev/null',
    );

    expect(lines).toEqual(['exit 0']);
  });
});
