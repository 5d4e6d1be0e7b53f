import { isResult } from './isResult';
import { type TaskSteps } from './TaskSteps';

interface StepsCall {
  /** Calls the handler; its context makes the steps when the handler calls the first one. */
  call(getSteps: () => TaskSteps): unknown;
  create(): TaskSteps;
}

/** Calls a handler, and waits for the steps that it has begun: what is done must be noted before the attempt is over. */
export const callWithSteps = async ({ call, create }: StepsCall): Promise<unknown> => {
  let steps: TaskSteps | undefined;
  const getSteps = (): TaskSteps => {
    steps ??= create();
    return steps;
  };
  let hasCompleted = false;
  try {
    const returned = await call(getSteps);
    hasCompleted = steps !== undefined && isResult(returned) && returned.isOk();
    return returned;
  } finally {
    await steps?.close({ hasCompleted });
  }
};
