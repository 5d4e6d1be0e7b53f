import { describe, expect, it } from 'bun:test';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job } from 'bullmq';
import { type CancelRequest } from '../domain/CancelRequest';
import { createHeldCancellations } from './HeldCancellations';
import { createHeldJobs } from './HeldJobs';
import { type JobLock } from './JobLock';

const lock: JobLock = { token: 'mine', reclaim: async () => 'held', writeCrashCount: async () => true };

const CANCELLED = 'drover:{mails.send}:cancelled';

/** A consumer of a Redis that answers every script with what is given. */
const setup = ({
  answer = [] as unknown,
  isListening = true,
  refusals = [] as Error[],
  kept = {} as Record<string, CancelRequest>,
} = {}) => {
  const commands: unknown[][] = [];
  const errors: string[] = [];
  const refused: string[] = [];
  const keptReads: string[] = [];
  const heldJobs = createHeldJobs(() => ({
    join: () => undefined,
    suspend: () => undefined,
    resume: async () => undefined,
  }));
  const client = {
    eval: async (_script: string, count: number, ...rest: unknown[]) => {
      commands.push(rest.slice(0, count));
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as RedisClient; // all that it uses
  const cancellations = createHeldCancellations({
    client,
    prefix: 'drover',
    taskName: 'mails:send',
    workerId: 'w1',
    heldJobs,
    isListening: () => isListening,
    readKeptRequest: async (id) => {
      keptReads.push(id);
      return kept[id];
    },
    onCancelled: () => undefined,
    onError: ({ message }) => errors.push(message),
    onRefused: ({ message }) => refused.push(message),
  });
  const hold = (id: string, attemptsStarted = 1) => {
    const job = { id, attemptsMade: 0, stalledCounter: 0, attemptsStarted } as Job; // the part that is read
    const held = heldJobs.hold(job, lock);
    if (held.kind === 'conflict') throw new Error('expected a job of its own');
    return { job, held: held.held };
  };
  return { cancellations, heldJobs, hold, commands, errors, refused, keptReads };
};

describe('createHeldCancellations', () => {
  it('sends no command for a job that is delivered once, and put back before the second look, while nobody cancels it', async () => {
    const { cancellations, heldJobs, hold, commands } = setup();
    await cancellations.look('lasting');
    const { job, held } = hold('7');
    const isDoubtful = cancellations.isDoubtful(job);
    await cancellations.look('lasting');
    heldJobs.release('7', held);
    await cancellations.putBack('7', held);
    await cancellations.look('lasting');

    expect({ isDoubtful, commands }).toEqual({ isDoubtful: false, commands: [] });
  });

  it('looks at jobs that ran at the last look already, all with one command', async () => {
    const { cancellations, hold, commands } = setup();
    hold('7');
    hold('8');
    await cancellations.look('lasting');
    hold('9');
    await cancellations.look('lasting');

    expect(commands).toEqual([[CANCELLED, 'drover:{mails.send}:7', 'drover:{mails.send}:8']]);
  });

  it('looks at all jobs when it is asked to', async () => {
    const { cancellations, hold, commands } = setup({ answer: [[1, '5000', 'late']] });
    const { held } = hold('7');
    await cancellations.look('all');

    expect(commands).toEqual([[CANCELLED, 'drover:{mails.send}:7']]);
    expect(held.cancellation.request).toEqual({ requestedAt: new Date(5000), reason: 'late' });
  });

  it.each(['a call', 'a look at all'])(
    'asks at %s the ledger of what Redis knows nothing of',
    async (what) => {
      const request = { requestedAt: new Date(7000), reason: 'lost' };
      const { cancellations, hold, keptReads } = setup({ kept: { 7: request } });
      const [seven, eight] = [hold('7').held, hold('8').held];
      if (what === 'a call') await cancellations.hear({ taskId: '7', workerId: '' });
      else await cancellations.look('all');

      expect([seven.cancellation.request, eight.cancellation.request]).toEqual([request, undefined]);
      expect(keptReads).toEqual(what === 'a call' ? ['7'] : ['7', '8']);
    },
  );

  it('asks the ledger of nothing that Redis knows of, nor at the looks in between', async () => {
    const { cancellations, hold, keptReads } = setup({ answer: [[1, '5000', 'late']] });
    hold('7');
    await cancellations.look('lasting');
    await cancellations.look('lasting');
    await cancellations.hear({ taskId: '7', workerId: 'w1' });

    expect(keptReads).toEqual([]);
  });

  it('asks the ledger at the looks in between of a job that Redis has lost', async () => {
    const request = { requestedAt: new Date(7000) };
    const { cancellations, hold, keptReads } = setup({ answer: [[2]], kept: { 8: request } });
    const [seven, eight] = [hold('7').held, hold('8').held];
    await cancellations.look('lasting');
    await cancellations.look('lasting');

    expect(keptReads).toEqual(['8']);
    expect([seven.cancellation.request, eight.cancellation.request]).toEqual([undefined, request]);
  });

  it('doubts a job that was delivered before', () => {
    const { cancellations, hold } = setup();

    expect(cancellations.isDoubtful(hold('7', 2).job)).toBe(true);
  });

  it('doubts a job whose call came before the job, once', async () => {
    const { cancellations, hold } = setup({
      answer: ['none', ['active', '0', []]],
    });
    await cancellations.hear({ taskId: '7', workerId: 'w1' });
    const { job } = hold('7');

    expect([cancellations.isDoubtful(job), cancellations.isDoubtful(job)]).toEqual([true, false]);
  });

  it('forgets a call for a job that never comes', async () => {
    const { cancellations, hold } = setup({ answer: ['none', ['active', '0', []]] });
    await cancellations.hear({ taskId: '7', workerId: 'w1' });
    await cancellations.look('lasting');
    await cancellations.look('lasting');

    expect(cancellations.isDoubtful(hold('7').job)).toBe(false);
  });

  it("leaves another worker's job to that worker", async () => {
    const { cancellations, commands } = setup();
    await cancellations.hear({ taskId: '7', workerId: 'w2' });

    expect(commands).toEqual([]);
  });

  it('looks after a job that was put back while nothing could be heard', async () => {
    const { cancellations, heldJobs, hold, commands } = setup({ answer: ['none', null], isListening: false });
    const { held } = hold('7');
    heldJobs.release('7', held);
    await cancellations.putBack('7', held);

    expect(commands).toHaveLength(1);
  });

  it('looks at a doubtful job until Redis accepts it: cancelled, it must not begin', async () => {
    const busy = Object.assign(new Error('BUSY Redis is busy running a script'), { name: 'ReplyError' });
    const { cancellations, hold, errors, refused } = setup({
      answer: [[1, '5000', 'late']],
      refusals: [busy],
    });
    const { held } = hold('7', 2);
    await cancellations.lookAt('7');

    expect(held.cancellation.request).toEqual({ requestedAt: new Date(5000), reason: 'late' });
    expect({ errors, refused }).toEqual({ errors: [], refused: [busy.message] });
  });

  it('reports a Redis that does not answer, and does not reject', async () => {
    const { cancellations, hold, errors } = setup({ answer: new Error('gone') });
    hold('7');
    await cancellations.look('all');
    await cancellations.hear({ taskId: '7', workerId: 'w1' });

    expect(errors).toEqual(['gone', 'gone']);
  });
});
