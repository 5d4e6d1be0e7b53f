import { describe, expect, it } from 'bun:test';
import { type TaskError } from '../domain/TaskError';
import { createParentWait } from './ParentWait';

const setup = ({ isDraining = false } = {}) => {
  const log: string[] = [];
  const draining = new AbortController();
  if (isDraining) draining.abort();
  const resumed: PromiseWithResolvers<void>[] = [];
  const wait = createParentWait({
    slot: {
      suspend: (names) => void log.push(['suspend', ...names].join(' ')),
      resume: () => {
        log.push('resume');
        const answer = Promise.withResolvers<void>();
        resumed.push(answer);
        return answer.promise;
      },
    },
    controls: {
      clock: { stand: () => void log.push('stand'), go: () => void log.push('go') },
      interrupt: ({ code }: TaskError) => void log.push(`interrupt ${code}`),
    },
    draining: draining.signal,
  });
  return { wait, log, draining, grant: () => resumed.shift()?.resolve() };
};

describe('createParentWait', () => {
  it('gives the slot away and stops the clock until the wait is over', async () => {
    const { wait, log, grant } = setup();
    wait.enter([]);
    const left = wait.leave();
    const before = [...log];
    grant();
    await left;

    expect([before, log]).toEqual([
      ['suspend', 'stand', 'resume'],
      ['suspend', 'stand', 'resume', 'go'],
    ]);
  });

  it('takes the slot back when the last of several waits is over', async () => {
    const { wait, log, grant } = setup();
    wait.enter(['a']);
    wait.enter(['b']);
    await wait.leave();
    const before = [...log];
    const left = wait.leave();
    grant();
    await left;

    expect([before, log.slice(before.length)]).toEqual([
      ['suspend a', 'stand', 'suspend b'],
      ['resume', 'go'],
    ]);
  });

  it('gives a slot away again that comes when another wait has begun', async () => {
    const { wait, log, grant } = setup();
    wait.enter(['a']);
    const left = wait.leave();
    wait.enter(['b']);
    wait.enter(['b', 'c']);
    grant();
    await left;

    expect(log).toEqual(['suspend a', 'stand', 'resume', 'suspend b', 'stand', 'suspend b c', 'suspend b c']);
  });

  it('is interrupted when the worker begins to stop, and not after it', async () => {
    const { wait, log, draining, grant } = setup();
    wait.enter([]);
    draining.abort();
    const during = log.at(-1);
    const left = wait.leave();
    grant();
    await left;

    expect([during, log.filter((each) => each.startsWith('interrupt'))]).toEqual([
      'interrupt shutdown',
      ['interrupt shutdown'],
    ]);
  });

  it('does not begin in a worker that stops', () => {
    const { wait, log } = setup({ isDraining: true });
    wait.enter([]);

    expect(log.at(-1)).toBe('interrupt shutdown');
  });
});
