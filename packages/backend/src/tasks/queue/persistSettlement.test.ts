import { afterEach, describe, expect, it, jest } from 'bun:test';
import { type Job } from 'bullmq';
import { type LockState } from './JobLock';
import { createPersist, persistEnd } from './persistSettlement';

const lapsed = (): Error => Object.assign(new Error('Missing lock for job 7. moveToFinished'), { code: -2 });
const taken = (): Error => Object.assign(new Error('Lock mismatch for job 7'), { code: -6 });
const refused = (word: string): Error =>
  Object.assign(new Error(`${word} command not allowed`), { name: 'ReplyError' });

/** A command that ends in each of these, one after the other; a text is an answer. */
const setup = (
  ends: readonly (Error | string)[],
  { lockState = 'held' as LockState, reclaimErrors = [] as Error[] } = {},
) => {
  jest.useFakeTimers();
  const rest = [...ends];
  const state = { reclaimCount: 0 };
  const refusals: string[] = [];
  const command = async (): Promise<string> => {
    const end = rest.shift() ?? 'too many';
    if (end instanceof Error) throw end;
    return end;
  };
  const persist = createPersist({
    lock: {
      reclaim: async () => {
        state.reclaimCount += 1;
        const error = reclaimErrors.shift();
        if (error !== undefined) throw error;
        return lockState;
      },
    },
    onRefused: ({ message }) => refusals.push(message),
  });
  /** Lets the pauses between two attempts pass. */
  const finish = async <T>(running: Promise<T>): Promise<T> => {
    for (let turn = 0; turn < 100; turn += 1) {
      await Promise.resolve();
      jest.advanceTimersByTime(50);
    }
    jest.useRealTimers();
    return running;
  };
  return { persist, command, state, refusals, rest, finish };
};

describe('createPersist', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('answers what the command answers', async () => {
    const { persist, command, state, finish } = setup(['done']);

    expect(await finish(persist(command))).toBe('done');
    expect(state.reclaimCount).toBe(0);
  });

  it.each(['OOM', 'READONLY', 'LOADING', 'MISCONF', 'NOREPLICAS', 'MASTERDOWN', 'CLUSTERDOWN', 'BUSY'])(
    'sends the command again when Redis says %s, and tells of it',
    async (word) => {
      const { persist, command, refusals, finish } = setup([refused(word), refused(word), 'done']);

      expect(await finish(persist(command))).toBe('done');
      expect(refusals).toEqual([`${word} command not allowed`, `${word} command not allowed`]);
    },
  );

  it('takes a lapsed lock back and sends the command again', async () => {
    const { persist, command, state, finish } = setup([lapsed(), 'done']);

    expect(await finish(persist(command))).toBe('done');
    expect(state.reclaimCount).toBe(1);
  });

  it('takes a lock back that lapsed while Redis refused', async () => {
    const { persist, command, state, finish } = setup([
      refused('OOM'),
      lapsed(),
      refused('OOM'),
      lapsed(),
      'done',
    ]);

    expect(await finish(persist(command))).toBe('done');
    expect(state.reclaimCount).toBe(2);
  });

  it('goes on when Redis refuses to give the lock back', async () => {
    const { persist, command, state, refusals, finish } = setup([lapsed(), lapsed(), 'done'], {
      reclaimErrors: [refused('READONLY')],
    });

    expect(await finish(persist(command))).toBe('done');
    expect(state.reclaimCount).toBe(2);
    expect(refusals).toEqual(['READONLY command not allowed']);
  });

  it('knows a refusal behind the words of a script', async () => {
    const error = new Error('ERR Error running script: @user_script:5: -OOM command not allowed');
    error.name = 'ReplyError';
    const { persist, command, finish } = setup([error, 'done']);

    expect(await finish(persist(command))).toBe('done');
  });

  it('gives up when the lock cannot be asked for', async () => {
    const { persist, command, finish } = setup([lapsed(), 'done'], { reclaimErrors: [new Error('closed')] });

    expect(await finish(persist(command).catch(({ message }: Error) => message))).toContain('Missing lock');
  });

  it.each([
    ['the lock lapsed and somebody else has the job', [lapsed()], 'taken'],
    ['the lock lapses again at once', [lapsed(), lapsed()], 'held'],
    ['another worker holds the lock', [taken()], 'held'],
    ['the command itself is wrong', [new Error('ERR wrong number of arguments')], 'held'],
    ["the error is not the server's", [new Error('no OOM here')], 'held'],
  ] as const)('gives up when %s', async (_why, ends, lockState) => {
    const { persist, command, rest, finish } = setup([...ends, 'done'], { lockState });

    expect(await finish(persist(command).catch(({ message }: Error) => message))).toBe(
      ends.at(-1)?.message ?? '',
    );
    expect(rest).toEqual(['done']);
  });

  it('is content when the command that failed had been heard', async () => {
    const { persist, command, rest, finish } = setup([lapsed(), 'done'], { lockState: 'ended' });

    expect(await finish(persist(command))).toBe(undefined);
    expect(rest).toEqual(['done']);
  });
});

describe('persistEnd', () => {
  const createJob = (ends: (Error | string)[]) => {
    const calls: unknown[][] = [];
    const end = async (...args: unknown[]) => {
      calls.push(args);
      const next = ends.shift();
      if (next instanceof Error) throw next;
      return next;
    };
    const job = {
      stacktrace: ['before'],
      moveToCompleted: end,
      moveToFailed: async (...args: unknown[]) => {
        job.stacktrace.push('now');
        return end(...args);
      },
    };
    return { job, asJob: job as unknown as Job, calls };
  };

  /** Sends again once, whatever went wrong. */
  const persistOnce = async <T>(command: () => Promise<T>): Promise<T> => command().catch(command);

  it('completes with what BullMQ answers, and says that it is over', async () => {
    const { asJob, calls } = createJob([new Error('OOM'), 'next job']);
    const overs: boolean[] = [];
    persistEnd(asJob, {
      persist: persistOnce,
      onOver: (isSettled) => overs.push(isSettled),
      forgives: () => false,
    });

    expect<unknown>(await asJob.moveToCompleted('value', 'token', true)).toBe('next job');
    expect(calls).toEqual([
      ['value', 'token', true],
      ['value', 'token', true],
    ]);
    expect(overs).toEqual([true]);
  });

  it('does not make a failure of a completion that cannot be told', async () => {
    const { job, asJob, calls } = createJob([new Error('first'), new Error('second'), 'failed']);
    const overs: boolean[] = [];
    persistEnd(asJob, {
      persist: persistOnce,
      onOver: (isSettled) => overs.push(isSettled),
      forgives: () => false,
    });
    const messageOf = ({ message }: Error): string => message;
    expect(await asJob.moveToCompleted('value', 'token').catch(messageOf)).toBe('second');
    expect(overs).toEqual([]);

    // What BullMQ does then.
    expect(await asJob.moveToFailed(new Error('second'), 'token').catch(messageOf)).toBe('second');
    expect({ overs, callCount: calls.length, stacks: job.stacktrace }).toEqual({
      overs: [false],
      callCount: 2,
      stacks: ['before'],
    });
  });

  it('keeps one stack of a failure, however often it is told', async () => {
    const { job, asJob } = createJob([new Error('OOM'), 'failed']);
    persistEnd(asJob, { persist: persistOnce, onOver: () => undefined, forgives: () => false });
    await asJob.moveToFailed(new Error('boom'), 'token');

    expect(job.stacktrace).toEqual(['before', 'now']);
  });

  it('is over when a failure cannot be told', async () => {
    const { asJob } = createJob([new Error('first'), new Error('second')]);
    const overs: boolean[] = [];
    persistEnd(asJob, {
      persist: persistOnce,
      onOver: (isSettled) => overs.push(isSettled),
      forgives: () => false,
    });

    expect(await asJob.moveToFailed(new Error('boom'), 'token').catch(({ message }: Error) => message)).toBe(
      'second',
    );
    expect(overs).toEqual([false]);
  });

  it('keeps quiet about a failure that cannot be told when somebody here tells it instead', async () => {
    const { asJob } = createJob([new Error('first'), new Error('second')]);
    const overs: boolean[] = [];
    persistEnd(asJob, {
      persist: persistOnce,
      onOver: (isSettled) => overs.push(isSettled),
      forgives: () => true,
    });

    expect(await asJob.moveToFailed(new Error('boom'), 'token')).toBe(undefined);
    expect(overs).toEqual([false]);
  });
});
