import { describe, expect, it } from 'bun:test';
import { createTaskReporter, type TaskReport } from './TaskReporter';

/** A reporter whose writes are confirmed, and whose time goes on, when the test says so. */
const setup = () => {
  const written: TaskReport[] = [];
  const confirmations: (() => void)[] = [];
  const timers: { callback: () => void; ms: number }[] = [];
  const reporter = createTaskReporter({
    write: (report) => {
      written.push(report);
      return new Promise((resolve) => confirmations.push(resolve));
    },
    later: (callback, ms) => void timers.push({ callback, ms }),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    reporter,
    written,
    intervals: () => timers.map(({ ms }) => ms),
    confirm: async () => {
      confirmations.shift()?.();
      await settle();
    },
    passInterval: async () => {
      timers.at(-1)?.callback();
      await settle();
    },
  };
};

describe('createTaskReporter', () => {
  it('writes the first report at once, and then the newest of each interval', async () => {
    const { reporter, written, intervals, confirm, passInterval } = setup();
    reporter.progress('1');
    const atOnce = [...written];
    await confirm();
    reporter.progress('2');
    reporter.progress('3');
    reporter.log('a');
    reporter.log('b');
    const between = [...written];
    await passInterval();

    expect(atOnce).toEqual([{ progressJson: '1', lines: [] }]);
    expect(between).toEqual(atOnce);
    expect(written.slice(1)).toEqual([{ progressJson: '3', lines: ['a', 'b'] }]);
    expect(intervals()).toEqual([250, 250]);
  });

  it('writes nothing when an interval brought nothing, and at once after that', async () => {
    const { reporter, written, confirm, passInterval } = setup();
    reporter.log('a');
    await confirm();
    await passInterval();
    reporter.log('b');

    expect(written.map(({ lines }) => lines)).toEqual([['a'], ['b']]);
  });

  it('has one write on its way at a time', async () => {
    const { reporter, written, confirm, passInterval } = setup();
    reporter.progress('1');
    reporter.progress('2');
    await passInterval();
    const unconfirmed = written.length;
    reporter.progress('3');
    await confirm();

    expect(unconfirmed).toBe(1);
    expect(written.slice(1)).toEqual([{ progressJson: '3', lines: [] }]);
  });

  it('keeps the newest hundred lines of an interval', async () => {
    const { reporter, written, confirm, passInterval } = setup();
    for (let line = 0; line <= 150; line += 1) reporter.log(String(line));
    await confirm();
    await passInterval();

    expect([written[1]?.lines.length, written[1]?.lines[0], written[1]?.lines.at(-1)]).toEqual([
      100,
      '51',
      '150',
    ]);
  });

  it('writes what is left when it is closed, and drops what comes after that', async () => {
    const { reporter, written, confirm, passInterval } = setup();
    reporter.progress('1');
    reporter.progress('2');
    reporter.close();
    reporter.progress('3');
    reporter.log('late');
    reporter.close();
    await confirm();
    await passInterval();

    expect(written).toEqual([
      { progressJson: '1', lines: [] },
      { progressJson: '2', lines: [] },
    ]);
  });

  it('writes nothing when it is closed without news', () => {
    const { reporter, written } = setup();
    reporter.close();

    expect(written).toEqual([]);
  });
});
