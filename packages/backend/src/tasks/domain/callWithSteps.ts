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
  let isOver = false;
  const begin = (): TaskSteps => {
    const created = create();
    // Nobody waits any more: the first step of all is refused then, as a further one would be.
    if (isOver) void created.close({ hasCompleted: false });
    return created;
  };
  const getSteps = (): TaskSteps => {
    steps ??= begin();
    return steps;
  };
  let hasCompleted = false;
  try {
    const returned = await call(getSteps);
    hasCompleted = steps !== undefined && isResult(returned) && returned.isOk();
    return returned;
  } finally {
    isOver = true;
    await steps?.close({ hasCompleted });
  }
};
