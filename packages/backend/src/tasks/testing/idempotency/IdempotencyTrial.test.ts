import { describe, expect, it } from 'bun:test';
import { bareEnvelope } from '../../domain/TaskEnvelope';
import { TaskError } from '../../domain/TaskError';
import { type TaskOutcome } from '../../domain/TaskOutcome';
import { type AttemptEnd } from '../../worker/Attempt';
import { type EffectRun } from './EffectRun';
import { runTrial } from './IdempotencyTrial';
import { type TrialPlan } from './planTrials';

const completed: AttemptEnd = {
  outcome: { kind: 'completed', value: null },
  attempt: 1,
  maxAttempts: 1,
  envelope: bareEnvelope({}, 'trial'),
  startedAt: new Date(0),
  hasBegun: true,
  unendedChildren: [],
};

/** @param work One run; what it answers instead of nothing is how the run ends. */
const setup = (
  plan: TrialPlan,
  work: (effects: EffectRun, number: number) => Promise<TaskOutcome | undefined>,
) =>
  runTrial({
    plan,
    world: { effects: {}, snapshot: () => 'as it is' },
    run: async (effects, number) => {
      const outcome = await work(effects, number);
      return outcome === undefined ? completed : { ...completed, outcome };
    },
    patienceMs: 50,
  });

describe('runTrial', () => {
  it('lets a run go on that holds what the other one waits for', async () => {
    const lock = Promise.withResolvers<void>();
    const plan: TrialPlan = {
      schedule: 'at the same time',
      kind: 'at-the-same-time',
      interruption: { run: 1, place: 1, kind: 'wait-after' },
    };
    const { calls, isCompleted } = await setup(plan, async (effects, number) => {
      if (number === 2) await effects.call('lock.take', [], () => lock.promise);
      else await effects.call('bank.charge', [], async () => undefined);
      if (number === 1) lock.resolve();
      return undefined;
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
      interruption: { run: 1, place: 1, kind: 'die-after' },
    };
    const { snapshot } = await setup(plan, async (effects, number) => {
      const act = (name: string) => effects.call(name, [], () => void acts.push(`${name} in run ${number}`));
      act('first'); // an effect that answers at once: its caller does not stop
      act('second');
      return undefined;
    });

    expect(acts).toEqual(['first in run 1', 'first in run 2', 'second in run 2']);
    expect(snapshot).toBe('as it is');
  });

  it('gives up a run that neither ends nor comes to the call at which it is held up', async () => {
    const plan: TrialPlan = {
      schedule: 'held up at bank.charge',
      kind: 'at-the-same-time',
      interruption: { run: 1, place: 1, kind: 'wait-before' },
    };

    await expect(setup(plan, () => new Promise(() => undefined))).rejects.toThrow(
      'expected the handler to end within 50 ms of real time, got one that goes on (held up at bank.charge)',
    );
  });

  const again: TaskOutcome = { kind: 'retry', error: new TaskError('busy'), delayMs: 0 };
  const fatal: TaskOutcome = { kind: 'failed', error: TaskError.fatal('somebody has it'), reason: 'fatal' };
  const late: [what: string, ends: readonly (TaskOutcome | undefined)[], runCount: number, is: boolean][] = [
    ['is a dead letter', [undefined, fatal], 2, false],
    ['is tried again', [undefined, again], 3, true],
    ['has completed', [fatal, undefined], 2, true],
  ];

  it.each(late)(
    'goes by the end of the later of two runs: the task %s',
    async (_what, ends, runCount, isDone) => {
      let count = 0;
      const plan: TrialPlan = { schedule: 'at the same time', kind: 'at-the-same-time' };
      const { isCompleted } = await setup(plan, async (_effects, number) => {
        count += 1;
        return ends[number - 1];
      });

      expect([isCompleted, count]).toEqual([isDone, runCount]);
    },
  );

  const last: [reason: string, outcome: TaskOutcome, runCount: number][] = [
    ['is cancelled', { kind: 'cancelled', error: new TaskError('enough') }, 1],
    ['fails for good', fatal, 1],
    ['answers what breaks its schema', { ...fatal, reason: 'invalid-output' }, 1],
    ['has no attempts left', { ...fatal, reason: 'exhausted' }, 10],
    ['asks to run later', { ...again, kind: 'snoozed' }, 10],
  ];

  it.each(last)('runs a task that %s as often as may help', async (_what, outcome, runCount) => {
    let count = 0;
    const { isCompleted } = await setup({ schedule: 'once', kind: 'once' }, async () => {
      count += 1;
      return outcome;
    });

    expect([isCompleted, count]).toEqual([false, runCount]);
  });
});
