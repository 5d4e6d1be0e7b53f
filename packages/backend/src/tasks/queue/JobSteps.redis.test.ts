import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { type StoredStep } from '../domain/TaskStep';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { createJobLock, type JobLock } from './JobLock';
import { createJobSteps } from './JobSteps';

const never = new AbortController().signal;

const stepNamed = (name: string, place = 0): StoredStep => ({
  name,
  place,
  endedAtMs: 1000,
  isResult: false,
  value: { of: name },
});

/** A job that a first delivery has, whose token is `mine`, and its steps as that delivery sees them. */
const setup = async ({ mayHaveSteps = true } = {}) => {
  const client = new Redis(await testRedisUrl());
  const queueKey = `test:{${v4()}}`;
  const jobKey = `${queueKey}:job`;
  const lockKey = `${jobKey}:lock`;
  await client.lpush(`${queueKey}:active`, 'job');
  await client.hset(jobKey, { ats: '1', data: '{}', opts: '{}' });
  await client.set(lockKey, 'mine');
  const toLock = (token: string, takenCount: number): JobLock =>
    createJobLock({ client, queueKey, jobId: 'job', token, takenCount, lockMs: 5000 });
  const state = { lock: toLock('mine', 1) as JobLock | undefined, nowMs: 0, errors: [] as string[] };
  const steps = createJobSteps({
    client,
    jobKey,
    mayHaveSteps,
    findLock: () => state.lock,
    lockMs: 1000,
    takenAtMs: 0,
    now: () => state.nowMs,
    onRefused: ({ message }) => state.errors.push(`refused: ${message.slice(0, 3)}`),
    onError: ({ message }) => state.errors.push(message),
  });
  return {
    ...{ client, queueKey, jobKey, lockKey, state, steps, toLock },
    stepKeys: async () => (await client.hkeys(jobKey)).filter((field) => field.startsWith('step')),
    [Symbol.asyncDispose]: async () => {
      const keys = await client.keys(`${queueKey}:*`);
      if (keys.length > 0) await client.del(keys);
      client.disconnect();
    },
  };
};

/** Counts the commands of a connection. */
const countCommands = async (url: string, client: Redis, work: () => Promise<unknown>): Promise<number> => {
  const observer = new Redis(url);
  const calls = async (): Promise<number> =>
    Number(/cmdstat_eval:calls=(\d+)/.exec(await observer.info('commandstats'))?.[1] ?? 0);
  await client.ping();
  const before = await calls();
  await work();
  const after = await calls();
  observer.disconnect();
  return after - before;
};

describe('createJobSteps', () => {
  it('stores steps on the job, and loads them', async () => {
    await using test = await setup();
    const [charge, ship] = [stepNamed('charge card'), stepNamed('ship: "now"', 1)];

    expect(await test.steps.save(charge, never)).toEqual({ kind: 'stored', step: charge });
    await test.steps.save(ship, never);
    expect((await test.steps.load(never)).toSorted((a, b) => a.place - b.place)).toEqual([charge, ship]);
    expect((await test.stepKeys()).toSorted()).toEqual(['step:charge card', 'step:ship: "now"', 'steps']);
    expect(await test.client.hget(test.jobKey, 'steps')).toBe(
      '["charge card",0,1000]\n["ship: \\"now\\"",1,1000]\n',
    );
  });

  it('sends nothing for a job that has no steps yet, until one is stored', async () => {
    await using test = await setup({ mayHaveSteps: false });
    const commands = await countCommands(await testRedisUrl(), test.client, async () => {
      expect(await test.steps.load(never)).toEqual([]);
      expect(test.steps.checkHeld(never)).toBeUndefined();
    });

    expect(commands).toBe(0);
  });

  it('answers what was stored first', async () => {
    await using test = await setup();
    await test.steps.save(stepNamed('a'), never);
    const again = await test.steps.save({ ...stepNamed('a'), value: 'other', place: 7 }, never);

    expect(again).toEqual({ kind: 'stored', step: stepNamed('a') });
    expect(await test.client.hget(test.jobKey, 'steps')).toBe('["a",0,1000]\n');
  });

  it('takes a lock that has lapsed back, and stores', async () => {
    await using test = await setup();
    await test.client.del(test.lockKey);

    expect((await test.steps.save(stepNamed('a'), never)).kind).toBe('stored');
    expect(await test.client.get(test.lockKey)).toBe('mine');
  });

  it('stores nothing on a job that another delivery holds, or has held since', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'theirs');
    const held = await test.steps.save(stepNamed('a'), never);
    await test.client.del(test.lockKey);
    await test.client.hset(test.jobKey, 'ats', '2');
    const lapsed = await test.steps.save(stepNamed('a'), never);

    expect([held, lapsed]).toEqual([{ kind: 'lost' }, { kind: 'lost' }]);
    expect(await test.stepKeys()).toEqual([]);
  });

  it('stores nothing on a job that is gone, or that this run has let go of', async () => {
    await using test = await setup();
    await test.client.del(test.jobKey);
    const gone = await test.steps.save(stepNamed('a'), never);
    test.state.lock = undefined;

    expect(gone).toEqual({ kind: 'lost' });
    expect(await test.client.exists(test.jobKey)).toBe(0);
    expect(await test.steps.save(stepNamed('a'), never)).toEqual({ kind: 'lost' });
    expect(await test.steps.checkHeld(never)).toBe(false);
  });

  it('stores with the lock of the newest delivery of its run', async () => {
    await using test = await setup();
    const first = test.state.lock;
    if (first === undefined) throw new Error('expected a lock, got none');
    const newest = test.toLock('newer', 2);
    await test.client.hset(test.jobKey, 'ats', '2');
    await test.client.set(test.lockKey, 'newer');
    // It comes while the old one is asked.
    test.state.lock = {
      ...first,
      reclaim: async () => {
        test.state.lock = newest;
        return first.reclaim();
      },
    };

    expect((await test.steps.save(stepNamed('a'), never)).kind).toBe('stored');
  });

  it('asks for the job when half of a lock has passed since Redis last said whose it is', async () => {
    await using test = await setup();
    test.state.nowMs = 500;
    expect(test.steps.checkHeld(never)).toBeUndefined();
    test.state.nowMs = 501;
    expect(await test.steps.checkHeld(never)).toBe(true);
    expect(test.steps.checkHeld(never)).toBeUndefined();
    test.state.nowMs = 1100;
    await test.client.set(test.lockKey, 'theirs');
    expect(await test.steps.checkHeld(never)).toBe(false);
  });

  it('counts a stored step as such an answer', async () => {
    await using test = await setup();
    test.state.nowMs = 900;
    await test.steps.save(stepNamed('a'), never);

    expect(test.steps.checkHeld(never)).toBeUndefined();
  });

  it('sends a step again while Redis refuses, and says so', async () => {
    await using test = await setup();
    const evaluate = test.client.eval.bind(test.client) as (...args: unknown[]) => Promise<unknown>;
    let refusals = 2;
    const refusing = async (...args: unknown[]): Promise<unknown> => {
      refusals -= 1;
      if (refusals >= 0) throw Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
      return evaluate(...args);
    };
    test.client.eval = refusing as typeof test.client.eval;

    expect((await test.steps.save(stepNamed('a'), never)).kind).toBe('stored');
    expect(test.state.errors).toEqual(['refused: OOM', 'refused: OOM']);
  });

  it('gives up when the attempt is over, a moment after, and stops sending', async () => {
    await using test = await setup();
    const controller = new AbortController();
    let sentCount = 0;
    const silent = async (): Promise<unknown> => {
      sentCount += 1;
      throw new Error('Connection is closed.');
    };
    test.client.eval = silent as typeof test.client.eval;
    const saving = test.steps.save(stepNamed('a'), controller.signal);
    await until(async () => sentCount > 0);
    const reason = new Error('the time is up');
    controller.abort(reason);
    const end = await saving.catch((error: unknown) => error);

    expect(end instanceof Error && [reason.message, 'Connection is closed.'].includes(end.message)).toBe(
      true,
    );
    const countAtEnd = sentCount;
    await new Promise((resolve) => setTimeout(resolve, 300)); // longer than the pause between two sendings
    expect(sentCount).toBeLessThanOrEqual(countAtEnd + 1);
  });

  it('keeps with the job how its steps have changed, while it is held', async () => {
    await using test = await setup();
    const change = { kind: 'skipped', step: 'a', storedPlace: 0 } as const;
    test.steps.note(change);
    await until(async () => (await test.client.hexists(test.jobKey, 'stepsChange')) === 1);
    expect(await test.client.hget(test.jobKey, 'stepsChange')).toBe(JSON.stringify(change));

    await test.client.hdel(test.jobKey, 'stepsChange');
    await test.client.set(test.lockKey, 'theirs');
    test.steps.note(change);
    await test.client.ping(); // answered after what was sent before
    expect(await test.client.hexists(test.jobKey, 'stepsChange')).toBe(0);
  });

  it('says when a stored step cannot be read', async () => {
    await using test = await setup();
    await test.client.hset(test.jobKey, { steps: '["a",0,1]\n', 'step:a': 'what?' });

    expect(await test.steps.load(never).catch(String)).toContain('JSON');
  });
});
