import { describe, expect, it } from 'bun:test';
import { Writable } from 'node:stream';
import { printLine } from './printLine';

/** A terminal that takes one line, and no more until it is let go. */
const setup = () => {
  const { promise: letGo, resolve: goOn } = Promise.withResolvers<Error | undefined>();
  const lines: string[] = [];
  const stdout = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write: (line, _encoding, done) => {
      lines.push(line);
      void letGo.then(done);
    },
  });
  stdout.on('error', () => undefined);
  const targets = { stdout, stderr: stdout };
  return { lines, stdout, goOn, print: (line: string) => printLine('stdout', line, targets) };
};

describe('printLine', () => {
  it('asks for no wait where there is room', () => {
    const stdout = new Writable({ write: (_line, _encoding, done) => done() });
    expect(printLine('stdout', 'a', { stdout, stderr: stdout })).toBeUndefined();
  });

  it('says when a line that had no room is printed, and hangs no listener on the target for it', async () => {
    const { lines, stdout, goOn, print } = setup();
    const printed = Array.from({ length: 20 }, (_, index) => print(`line ${index}`));
    expect(stdout.listenerCount('drain')).toBe(0);
    goOn(undefined);
    await Promise.all(printed);
    expect(lines).toHaveLength(20);
  });

  it('lets go of whoever waits when nobody reads the target any more', async () => {
    const { goOn, print } = setup();
    const printed = [print('a'), print('b')];
    goOn(new Error('EPIPE: broken pipe, write'));
    expect(await Promise.all(printed)).toEqual([undefined, undefined]);
  });
});
