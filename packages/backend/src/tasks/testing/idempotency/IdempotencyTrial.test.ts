import { describe, expect, it } from 'bun:test';
import { bareEnvelope } from '../../domain/TaskEnvelope';
import { type AttemptEnd } from '../../worker/Attempt';
import { type EffectRun } from './EffectRun';
import { runTrial, type TrialPlan } from './IdempotencyTrial';

const completed: AttemptEnd = {
  outcome: { kind: 'completed', value: null },
  attempt: 1,
  maxAttempts: 1,
  envelope: bareEnvelope({}, 'trial'),
  startedAt: new Date(0),
  hasBegun: true,
  unendedChildren: [],
};

const setup = (plan: TrialPlan, work: (effects: EffectRun, number: number) => Promise<unknown>) =>
  runTrial({
    plan,
    world: { effects: {}, snapshot: () => 'as it is' },
    run: async (effects, number) => {
      await work(effects, number);
      return completed;
    },
    patienceMs: 500,
  });

describe('runTrial', () => {
  it('lets a run go on that holds what the other one waits for', async () => {
    const lock = Promise.withResolvers<void>();
    const plan: TrialPlan = {
      schedule: 'at the same time',
      kind: 'at-the-same-time',
      interruption: { place: 1, kind: 'wait-after' },
    };
    const { calls, isCompleted } = await setup(plan, async (effects, number) => {
      if (number === 2) await effects.call('lock.take', [], () => lock.promise);
      else await effects.call('bank.charge', [], async () => undefined);
      if (number === 1) lock.resolve();
    });

    expect(isCompleted).toBe(true);
    expect(calls.map(({ run, name }) => [run, name])).toEqual([
      [1, 'bank.charge'],
      [2, 'lock.take'],
    ]);
  });

  it('runs a task again that has died, and nothing of the dead run after that', async () => {
    const acts: string[] = [];
    const plan: TrialPlan = {
      schedule: 'interrupted',
      kind: 'once',
      interruption: { place: 1, kind: 'die-after' },
    };
    const { snapshot } = await setup(plan, async (effects, number) => {
      const act = (name: string) => effects.call(name, [], () => void acts.push(`${name} in run ${number}`));
      act('first'); // an effect that answers at once: its caller does not stop
      act('second');
    });

    expect(acts).toEqual(['first in run 1', 'first in run 2', 'second in run 2']);
    expect(snapshot).toBe('as it is');
  });
});
