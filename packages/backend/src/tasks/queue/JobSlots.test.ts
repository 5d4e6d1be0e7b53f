import { describe, expect, it } from 'bun:test';
import { type Job } from 'bullmq';
import { createJobSlots, createRunSlot } from './JobSlots';

const setup = () => {
  const worker = { concurrency: 2 };
  const log: string[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const slots = createJobSlots(worker, {
    slots: {
      suspend: (awaitedNames) => {
        log.push(`awaits ${awaitedNames.join()}`);
        const answer = Promise.withResolvers<void>();
        answers.push(answer);
        let hasSlot = false;
        return {
          regain: async () => {
            await answer.promise;
            hasSlot = true;
          },
          alsoAwait: (names) => void log.push(`also awaits ${names.join()}`),
          end: () => !hasSlot,
        };
      },
    },
    wake: () => void log.push('wake'),
  });
  const job = (id: string) => ({ id }) as Job; // told apart by identity alone
  return { worker, slots, log, job, grant: () => answers.shift()?.resolve() };
};

describe('createJobSlots', () => {
  it('lets the worker have one more job while one has no slot', async () => {
    const { worker, slots, log, job, grant } = setup();
    const one = job('1');
    slots.suspend(one, ['a']);
    slots.suspend(one, ['b']);
    const during = [worker.concurrency, slots.isSuspended(one), ...log];
    const resumed = slots.resume(one);
    grant();
    await resumed;

    expect([during, worker.concurrency, slots.isSuspended(one), slots.end(one)]).toEqual([
      [3, true, 'awaits a', 'wake', 'also awaits b'],
      2,
      false,
      true,
    ]);
  });

  it('takes no slot back for a job that is over', () => {
    const { worker, slots, job } = setup();
    const one = job('1');
    slots.suspend(one, []);
    const hadSlot = slots.end(one);
    slots.suspend(one, []);

    expect([hadSlot, worker.concurrency, slots.isSuspended(one)]).toEqual([false, 2, false]);
  });

  it('says of a job without a wait that it has its slot', () => {
    const { slots, job } = setup();

    expect(slots.end(job('1'))).toBe(true);
  });
});

describe('createRunSlot', () => {
  it('gives the slots of all deliveries away, and takes one back', async () => {
    const { worker, slots, job, grant } = setup();
    const run = createRunSlot(slots);
    const [one, again] = [job('1'), job('1')];
    run.join(one);
    run.suspend([]);
    run.join(again);
    const during = [worker.concurrency, slots.isSuspended(again)];
    const resumed = run.resume();
    grant();
    await resumed;

    expect([during, worker.concurrency, slots.isSuspended(one), slots.isSuspended(again)]).toEqual([
      [4, true],
      3,
      false,
      true,
    ]);
  });
});
