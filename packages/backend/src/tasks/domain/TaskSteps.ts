import { type ILogger } from '@backend/logger/Logger';
import { ok } from 'neverthrow';
import { isResult } from './isResult';
import { createStepCalls, type StepCall } from './StepCalls';
import { decideCallChange, decideEndChange } from './StepOrder';
import {
  MAX_STEPS,
  type StepChange,
  type StepStore,
  type StepWork,
  type StoredStep,
  toLostTask,
  toTooMany,
  toUnstorable,
} from './TaskStep';
import { toJsonCopy } from './toJsonCopy';

/** The steps of one attempt. */
export interface TaskSteps {
  /** What `TaskContext.step` does. */
  step<T>(name: string, work: StepWork<T>): Promise<T>;
  /** The handler has ended: no further step begins. Resolves when those that run have ended; never rejects. */
  close(end: { readonly hasCompleted: boolean }): Promise<void>;
}

/** What the steps of an attempt are made of. */
export interface TaskStepsOptions {
  readonly store: StepStore;
  readonly logger: ILogger;
  /** The largest result of a step, in bytes of JSON. */
  readonly maxResultBytes: number;
  /** The idempotency key of a step. */
  toKey(name: string): string;
  /** Aborted when the attempt is over. */
  getSignal(): AbortSignal;
  now(): Date;
}

/** How a step ended: an `err` that its work answered is handed on, and not stored. */
interface StepEnd {
  readonly answer: unknown;
  readonly isStored: boolean;
}

/** Names that a log line shows. */
const SHOWN_NAMES = 20;

/**
 * Creates the steps of one attempt. Costs nothing until the first step is called: then the steps of earlier attempts are
 * loaded. Steps are found by their names; the order of the calls is compared with the stored one, and a difference is
 * logged once.
 */
export const createTaskSteps = (options: TaskStepsOptions): TaskSteps => {
  const { store, logger, getSignal } = options;
  const calls = createStepCalls();
  const running = new Map<StepCall, Promise<unknown>>();
  const report = createChangeReport({ store, logger });
  let loading: Promise<readonly StoredStep[]> | undefined;
  let stored: readonly StoredStep[] = [];
  let newCount = 0;
  let isLost = false;

  /** Whoever else has the task does its work: two must not. */
  const requireTask = async (name: string, signal: AbortSignal): Promise<void> => {
    const held = isLost ? undefined : store.checkHeld(signal);
    if (held !== undefined && !(await held)) isLost = true;
    if (isLost) throw toLostTask(name);
    signal.throwIfAborted();
  };

  const save = async (step: StoredStep, signal: AbortSignal): Promise<StoredStep> => {
    const saved = await store.save(step, signal);
    if (saved.kind === 'stored') return saved.step;
    isLost = true;
    throw toLostTask(step.name);
  };

  const doWork = async (call: StepCall, work: StepWork<unknown>, signal: AbortSignal): Promise<StepEnd> => {
    const { name, place } = call;
    const idempotencyKey = options.toKey(name);
    const answer = await calls.runInside(call, async () => work(Object.freeze({ idempotencyKey })));
    try {
      const wasResult = isResult(answer);
      if (wasResult && answer.isErr()) return { answer, isStored: false };
      const value = toJsonCopy(wasResult ? answer.unwrapOr(undefined) : answer, options.maxResultBytes);
      if (value.isErr()) throw toUnstorable(name, value.error);
      const endedAtMs = options.now().getTime();
      const step = { name, place, endedAtMs, isResult: wasResult, value: value.value };
      return { answer: toAnswer(await save(step, signal)), isStored: true };
    } catch (error) {
      logger.error(toUnstoredMessage(signal.aborted && !isLost), error, { step: name, idempotencyKey });
      throw error;
    }
  };

  const perform = async (call: StepCall, work: StepWork<unknown>, signal: AbortSignal): Promise<StepEnd> => {
    loading ??= store.load(signal);
    stored = await loading;
    report(decideCallChange(stored, call), stored, calls.names());
    const found = stored.find(({ name }) => name === call.name);
    if (found !== undefined) {
      logger.debug('A finished step is not done again', { step: call.name });
      return { answer: toAnswer(found), isStored: true };
    }
    if (stored.length + newCount >= MAX_STEPS) throw toTooMany(call.name);
    newCount += 1;
    let isStored = false;
    try {
      await requireTask(call.name, signal);
      const end = await doWork(call, work, signal);
      isStored = end.isStored;
      return end;
    } finally {
      if (!isStored) newCount -= 1;
    }
  };

  const run = async (call: StepCall, work: StepWork<unknown>, signal: AbortSignal): Promise<unknown> => {
    let hasEnded = false;
    try {
      const { answer, isStored } = await perform(call, work, signal);
      hasEnded = isStored;
      return answer;
    } finally {
      call.state = hasEnded ? 'ended' : 'failed';
      running.delete(call);
    }
  };

  return {
    step: <T>(name: string, work: StepWork<T>): Promise<T> => {
      const signal = getSignal();
      if (signal.aborted) return Promise.reject(signal.reason);
      const begun = calls.begin(name, work);
      if (begun.isErr()) return Promise.reject(begun.error);
      const ending = run(begun.value, work, signal);
      running.set(begun.value, ending);
      return ending as Promise<T>; // a copy as JSON of what the work answered, now or in an earlier attempt
    },
    close: async ({ hasCompleted }) => {
      calls.shut();
      const steps = calls.runningNames();
      if (hasCompleted && steps.length > 0) {
        logger.warn('A handler completed before its steps had ended: await each of them', { steps });
      }
      await Promise.allSettled(running.values());
      if (hasCompleted) report(decideEndChange(stored, new Set(calls.names())), stored, calls.names());
    },
  };
};

const createChangeReport = ({ store, logger }: Pick<TaskStepsOptions, 'store' | 'logger'>) => {
  let hasReported = false;
  return (
    change: StepChange | undefined,
    stored: readonly StoredStep[],
    calledNames: readonly string[],
  ): void => {
    if (change === undefined || hasReported) return;
    hasReported = true;
    store.note(change);
    const inOrder = stored.toSorted((one, other) => one.place - other.place);
    logger.warn('The steps of a task differ from those of an earlier attempt; each is found by its name', {
      ...change,
      storedSteps: inOrder.slice(0, SHOWN_NAMES).map(({ name }) => name),
      calledSteps: calledNames.slice(0, SHOWN_NAMES),
    });
  };
};

const toAnswer = ({ isResult: wasResult, value }: StoredStep): unknown => (wasResult ? ok(value) : value);

/** What was sent when the attempt was over may arrive all the same. */
const toUnstoredMessage = (mayBeStored: boolean): string =>
  mayBeStored
    ? 'The work of a step is done, but whether its result was stored is not known'
    : 'The work of a step is done, but its result could not be stored';
