import { describe, expect, it } from 'bun:test';
import { createSuspensions } from './Suspensions';

const setup = ({ freeCount = 0 } = {}) => {
  const state = { freeCount };
  const suspensions = createSuspensions(() => {
    if (state.freeCount === 0) return false;
    state.freeCount -= 1;
    return true;
  });
  return { suspensions, state };
};

/** Whether a promise has resolved by now. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);

describe('createSuspensions', () => {
  it('takes a slot that is free at once', async () => {
    const { suspensions, state } = setup({ freeCount: 1 });
    const suspension = suspensions.begin(() => undefined);
    await suspension.regain();

    expect([state.freeCount, suspensions.count(), suspensions.isWanted()]).toEqual([0, 0, false]);
  });

  it('hands an offered slot to who has wanted one for longest', async () => {
    const { suspensions } = setup();
    const [one, other] = [suspensions.begin(() => undefined), suspensions.begin(() => undefined)];
    const [first, second] = [one.regain(), other.regain()];
    const before = suspensions.isWanted();
    const isTaken = suspensions.offer();

    expect([before, isTaken, await isSettled(first), await isSettled(second)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect([suspensions.count(), suspensions.offer(), suspensions.offer()]).toEqual([1, true, false]);
  });

  it('offers nothing to a task that has ended, and says whether that had a slot', async () => {
    const { suspensions } = setup();
    const suspension = suspensions.begin(() => undefined);
    const regained = suspension.regain();
    const ends = [suspension.end(), suspension.end()];

    expect([await isSettled(regained), ends, suspensions.offer(), suspensions.count()]).toEqual([
      true,
      [true, false],
      false,
      0,
    ]);
  });

  it('counts a task that has its slot back as one that has it', async () => {
    const { suspensions } = setup({ freeCount: 1 });
    const suspension = suspensions.begin(() => undefined);
    await suspension.regain();

    expect(suspension.end()).toBe(false);
  });
});
