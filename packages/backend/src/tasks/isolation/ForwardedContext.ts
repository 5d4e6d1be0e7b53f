import { type ILogger } from '@backend/logger/Logger';
import { queryIn, type StatementValue, type TransactionAdapter } from '../domain/CallerTransaction';
import { type ResolveResource } from '../domain/ResourceToken';
import { type TaskContext } from '../domain/TaskContext';
import { toLogLine, toProgressJson } from '../domain/TaskReport';
import { type StepStore } from '../domain/TaskStep';
import { type TaskSteps } from '../domain/TaskSteps';
import { type ChildLine, createChildLogger, writeChildLine } from './ChildLogger';
import { type CompletionRules, checkCompletion } from './CompletionRules';
import { answerChildren, createForwardedChildren } from './ForwardedChildren';
import {
  answerSchedule,
  createForwardedSchedule,
  type ForwardedRules,
  type ScheduleParts,
} from './ForwardedSchedule';
import { answerStepStore } from './ForwardedSteps';
import { type Link, type RemoteWork, type Work } from './Link';

/** The parts of a context that are data: they travel with the order to run the attempt. */
const CARRIED_PARTS = [
  'taskId',
  'taskName',
  'correlationId',
  'parentId',
  'scheduleId',
  'userId',
  'metadata',
  'attempt',
  'maxAttempts',
  'scheduledAt',
  'startedAt',
  'workerId',
] as const satisfies readonly (keyof TaskContext)[];

type CarriedPart = (typeof CARRIED_PARTS)[number];

/** What the process of an attempt has of its own. */
export interface ChildParts {
  /** Aborted when that of the worker's context is. */
  readonly signal: AbortSignal;
  /** Writes in the worker. */
  readonly logger: ILogger;
  /** Finds the resources of this process. */
  readonly resolve: ResolveResource;
  /** How it checks what it schedules. */
  readonly rules: ForwardedRules;
  /** How it checks what it completes its task with. */
  readonly completion: CompletionRules;
  /** The steps of the attempt, made when they are first asked for. */
  getSteps(): TaskSteps;
}

/** What the worker does the members with. */
export interface WorkerParts extends ScheduleParts {
  /** Of the attempt in the worker. */
  readonly context: TaskContext;
  readonly steps: StepStore;
}

/** What a member is made of in the process of the attempt. */
interface MemberParts extends ChildParts {
  /** Has the worker do it; `work` is called here while it does. */
  ask(args: readonly unknown[], work?: Work): Promise<unknown>;
  /** The same without an answer. */
  tell(args: readonly unknown[]): void;
}

/** How a member of the context gets to the handler in another process. What goes to and fro is JSON. */
interface Forwarded<Member> {
  /** What the handler has, in the process of the attempt. */
  inChild(parts: MemberParts): Member;
  /** What the worker does when it is asked or told; nothing for a member that needs no worker. */
  inWorker?(parts: WorkerParts, args: readonly unknown[], work: RemoteWork): unknown;
}

/**
 * Every member of the context that is more than data, one entry each. The compiler asks for an entry here, or for a place
 * among the carried parts, when the context gets another member.
 */
const forwardedMembers: {
  readonly [Member in Exclude<keyof TaskContext, CarriedPart>]: Forwarded<TaskContext[Member]>;
} = {
  signal: { inChild: ({ signal }) => signal },
  // A pool or a client cannot travel: the process has started its own.
  resolve: { inChild: ({ resolve }) => resolve },
  // A definition cannot travel, nor can a handle: a name does, and what the handle is made of.
  schedule: {
    inChild: ({ ask, rules }) => createForwardedSchedule(ask, rules),
    inWorker: answerSchedule,
  },
  children: {
    inChild: ({ ask, rules }) => createForwardedChildren(ask, rules),
    inWorker: answerChildren,
  },
  logger: {
    inChild: ({ logger }) => logger,
    inWorker: ({ context }, [line]) => writeChildLine(context.logger, line as ChildLine), // made by toChildLogger
  },
  progress: {
    // Checked here, where the value is not JSON yet.
    inChild:
      ({ tell }) =>
      async (value) =>
        tell([JSON.parse(toProgressJson(value))]),
    inWorker: ({ context }, [value]) => context.progress(value),
  },
  log: {
    inChild:
      ({ tell }) =>
      async (message) =>
        tell([toLogLine(message)]),
    inWorker: ({ context }, [message]) => context.log(String(message)),
  },
  step: {
    // Done in the process, so that results are checked before they are JSON; the worker keeps them.
    inChild:
      ({ getSteps }) =>
      (name, work) =>
        getSteps().step(name, work),
    inWorker: ({ context, steps }, args) => answerStepStore(steps, context.signal, args),
  },
  completeWithin: {
    // The transaction is the process's, and checked there: the worker says what is to be written in it.
    inChild:
      ({ ask, completion }) =>
      async (transaction, value) => {
        const checked = checkCompletion(completion, transaction, value);
        if (checked.isErr()) throw checked.error;
        await ask([checked.value], (text, values) =>
          queryIn(transaction, String(text), values as StatementValue[]),
        ); // as sent below
      },
    inWorker: ({ context }, [value], work) => {
      const query = (...statement: Parameters<TransactionAdapter['query']>) =>
        work(...statement) as ReturnType<TransactionAdapter['query']>; // what the client answered, as JSON
      return context.completeWithin({ query }, value);
    },
  },
};

/** Creates the logger of the process of an attempt, which writes in the worker. */
export const toChildLogger = (link: Link): ILogger =>
  createChildLogger((line) => link.tell('logger' satisfies keyof TaskContext, [line]));

/** The carried parts of a context, as JSON. */
export type CarriedContext = Readonly<Record<string, unknown>>;

/** Copies the parts of a context that are data. */
export const toCarriedContext = (context: TaskContext): CarriedContext =>
  Object.fromEntries(CARRIED_PARTS.map((part) => [part, context[part]]));

/** Builds the context of a handler in the process of its attempt: each part is carried or forwarded. */
export const toChildContext = (carried: CarriedContext, link: Link, own: ChildParts): TaskContext => {
  const members = Object.entries(forwardedMembers).map(([member, { inChild }]) => [
    member,
    inChild({
      ask: (args, work) => link.ask(member, args, work),
      tell: (args) => link.tell(member, args),
      ...own,
    }),
  ]);
  const { scheduledAt, startedAt } = carried;
  const dates = { scheduledAt: new Date(String(scheduledAt)), startedAt: new Date(String(startedAt)) };
  return { ...carried, ...dates, ...Object.fromEntries(members) } as TaskContext; // the table's type leaves no part out
};

/** Does in the worker what the process of an attempt asks for. Throws for what is no forwarded member. */
export const answerForwarded = (
  parts: WorkerParts,
  member: string,
  args: readonly unknown[],
  work: RemoteWork,
): unknown => {
  const entries: Readonly<Record<string, Forwarded<unknown>>> = forwardedMembers;
  const forwarded = Object.hasOwn(entries, member) ? entries[member] : undefined;
  if (forwarded?.inWorker === undefined)
    throw new Error(`an isolated attempt asked for ${member}, which a worker does not do`);
  return forwarded.inWorker(parts, args, work);
};
