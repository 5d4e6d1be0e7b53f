import { describe, expect, it } from 'bun:test';
import { createProgressClock } from './ProgressClock';

const setup = () => {
  let nowMs = 1000;
  const clock = createProgressClock({ patienceMs: 100, now: () => nowMs });
  return {
    clock,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

describe('createProgressClock', () => {
  it('is overdue when nothing has moved for longer than its patience', () => {
    const { clock, pass } = setup();
    pass(100);
    expect(clock.isOverdue()).toBe(false);
    pass(1);
    expect(clock.isOverdue()).toBe(true);
    clock.moved();
    expect(clock.isOverdue()).toBe(false);
  });

  it('takes a state that it has not just seen for a move', () => {
    const { clock, pass } = setup();
    clock.see('2 left');
    pass(101);
    clock.see('2 left');
    expect(clock.isOverdue()).toBe(true);
    clock.see('1 left');
    expect(clock.isOverdue()).toBe(false);
  });
});
