import { type StepStore } from '../../domain/TaskStep';
import { type EffectRun } from './EffectRun';

/** The steps of a task in one run: that one is noted is an effect, before and after which the worker may die. */
export const recordSteps = (steps: StepStore, run: EffectRun): StepStore => ({
  ...steps,
  save: (step, signal) =>
    run.call('ctx.step', [step.name], () => steps.save(step, signal)) as ReturnType<StepStore['save']>, // what it answers
});
