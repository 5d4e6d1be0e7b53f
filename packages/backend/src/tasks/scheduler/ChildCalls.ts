import { type CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { err, ok, type Result } from 'neverthrow';
import { ChildError, type ChildErrorCode } from '../domain/ChildError';
import { isRecord } from '../domain/fieldProblems';
import { type ScheduleError } from '../domain/ScheduleError';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import {
  type Ancestors,
  type ChildCall,
  childRunOptionProblems,
  MAX_CHILDREN,
  nameOf,
  neverRunsProblem,
  refuseAll,
} from '../domain/TaskChildren';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { type AcceptedCall, acceptCall, type CallLimits } from './CallCheck';

/** The task whose children run. */
export interface Parent {
  readonly taskId: TaskId;
  readonly taskName: string;
  readonly correlationId: CorrelationId;
  readonly userId?: UserId;
  readonly ancestors: Ancestors;
  /** Attempts that have failed. */
  readonly attemptsMade: number;
}

/** Options that name no user get the parent's. What is no object stays so, for its check to refuse. */
export const withOwner = ({ userId }: Pick<Parent, 'userId'>, options: ScheduleOptions): ScheduleOptions => {
  const isObject: boolean = isRecord(options);
  return userId !== undefined && isObject && options.userId === undefined ? { ...options, userId } : options;
};

/** What the calls of a run are checked by. */
export interface CallRules {
  readonly parent: Omit<Parent, 'attemptsMade'>;
  readonly limits: CallLimits;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Checks the calls of a run before anything is written.
 *
 * @returns The calls as they are to be carried out, or the results of a run that is refused: an error for each call.
 */
export const acceptCalls = (
  calls: readonly ChildCall[],
  options: unknown,
  rules: CallRules,
): Result<readonly AcceptedCall[], readonly Result<never, ChildError>[]> => {
  const problems = childRunOptionProblems(options);
  if (problems.length > 0) {
    return err(
      refuseAll(calls, 'invalid-options', `the options of the run are refused: ${problems.join('; ')}`),
    );
  }
  if (calls.length > MAX_CHILDREN) {
    const message = `expected at most ${MAX_CHILDREN} children in one run, got ${calls.length}`;
    return err(refuseAll(calls, 'too-many', message));
  }
  const checked = calls.map((call) => acceptChild(call, rules));
  const accepted = checked.flatMap((each) => (each.isOk() ? [each.value] : []));
  if (accepted.length === calls.length) return ok(accepted);
  const first = checked.findIndex((each) => each.isErr());
  const others = `nothing was scheduled: call ${first + 1} of the run is refused`;
  return err(
    checked.map((each, index) =>
      err(each.isErr() ? each.error : toRefusal('not-scheduled', nameOf(calls[index]), others)),
    ),
  );
};

/**
 * Checks what JavaScript may give as the list of calls.
 *
 * @throws TaskError that is final: the handler is wrong.
 */
export const requireList: (calls: unknown) => asserts calls is readonly ChildCall[] = (calls) => {
  if (!Array.isArray(calls)) throw TaskError.fatal(`expected a list of calls, got ${typeof calls}`);
};

const acceptChild = (
  call: ChildCall,
  { parent, limits, nowMs }: CallRules,
): Result<AcceptedCall, ChildError> => {
  const [task, payload, options = {}] = Array.isArray(call) ? call : [];
  const { correlationId, taskId: parentId } = parent;
  const ancestors = [...parent.ancestors, parent.taskName];
  // Whatever `task` is, its check says so.
  const asked = {
    correlationId,
    task: task as ChildCall[0],
    payload,
    options: withOwner(parent, options),
    nowMs,
    parentId,
    ancestors,
  };
  return acceptCall(asked, limits)
    .mapErr((error) => toWrongCall(error, nameOf(call)))
    .andThen((accepted) => {
      const problem = neverRunsProblem(accepted.task, ancestors);
      return problem === undefined ? ok(accepted) : err(toRefusal('never-runs', nameOf(call), problem));
    });
};

const toRefusal = (code: ChildErrorCode, taskName: string, message: string, cause?: Error): ChildError =>
  new ChildError(message, { code, taskName, ...(cause === undefined ? {} : { cause }) });

/** A call that breaks a rule of `schedule`. The correlation ID is the parent's, and fine. */
const toWrongCall = (error: ScheduleError, taskName: string): ChildError => {
  const { code, message } = error;
  switch (code) {
    case 'invalid-payload':
    case 'invalid-options':
    case 'invalid-task':
    case 'queue-unavailable':
      return toRefusal(code, taskName, message, error);
    default:
      return toRefusal('invalid-options', taskName, message, error);
  }
};
