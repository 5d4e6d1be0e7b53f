import { AsyncLocalStorage } from 'node:async_hooks';
import { err, ok, type Result } from 'neverthrow';
import { type TaskError } from './TaskError';
import { stepCallProblem, toCalledTwice, toLateCall, toNested, toRunningTwice } from './TaskStep';

/** One step as its attempt calls it. */
export interface StepCall {
  readonly name: string;
  /** 0 for the first call of the attempt; a step that failed and is called again keeps its place. */
  readonly place: number;
  state: 'running' | 'failed' | 'ended';
}

/** The calls of steps in one attempt. */
export interface StepCalls {
  /** Takes a call in, or says why it is refused. */
  begin(name: string, work: unknown): Result<StepCall, TaskError>;
  /** Runs the work of a step so that a call of another step inside is known as such. */
  runInside<T>(call: StepCall, work: () => T): T;
  /** From now on every call is refused. */
  shut(): void;
  /** The names that were called, in the order of their places. */
  names(): readonly string[];
  runningNames(): readonly string[];
}

interface Scope {
  readonly call: StepCall;
  readonly calls: ReadonlyMap<string, StepCall>;
}

// Not state of the module: each value lives exactly as long as the work of the step that it belongs to.
const scope = new AsyncLocalStorage<Scope>();

/** Creates the calls of one attempt; none so far. */
export const createStepCalls = (): StepCalls => {
  const calls = new Map<string, StepCall>();
  let isShut = false;

  const findProblem = (name: string, work: unknown): TaskError | undefined => {
    const problem = stepCallProblem(name, work);
    if (problem !== undefined) return problem;
    const outer = scope.getStore();
    // What a step's work has started may go on after its end, and call steps as the handler does.
    if (outer?.calls === calls && outer.call.state === 'running') return toNested(name, outer.call.name);
    const state = calls.get(name)?.state;
    if (state === 'running') return toRunningTwice(name);
    if (state === 'ended') return toCalledTwice(name);
    return isShut ? toLateCall(name) : undefined;
  };

  return {
    begin: (name, work) => {
      const problem = findProblem(name, work);
      if (problem !== undefined) return err(problem);
      const call = calls.get(name) ?? { name, place: calls.size, state: 'running' };
      call.state = 'running';
      calls.set(name, call);
      return ok(call);
    },
    runInside: (call, work) => scope.run({ call, calls }, work),
    shut: () => {
      isShut = true;
    },
    names: () => [...calls.keys()],
    runningNames: () =>
      [...calls.values()].filter(({ state }) => state === 'running').map(({ name }) => name),
  };
};
