import { emptyStepStore } from '../../domain/emptyStepStore';
import { resolveFrom } from '../../domain/ResourceToken';
import { type TaskContext, toTaskContext } from '../../domain/TaskContext';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type FoundHandle } from '../../domain/TaskHandle';
import { validateOutput } from '../../domain/validateOutput';
import { answerForwarded, toCarriedContext, toChildContext, toChildLogger } from '../ForwardedContext';
import { createLink, type Link } from '../Link';

interface LinkedOptions {
  /** Of the worker. */
  readonly context?: Partial<TaskContext>;
  /** The worker's registry. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly findHandle?: (task: TaskDefinition<unknown>, id: string) => FoundHandle;
  readonly ancestors?: readonly string[];
  /** Of the task. */
  readonly output?: TaskDefinition<unknown>['output'];
}

/** The context of an isolated handler whose worker is in the same process; what goes to and fro is JSON all the same. */
export const linkedContext = ({
  context: given = {},
  tasks,
  findHandle = () => {
    throw new Error('no handle is asked for');
  },
  ancestors = [],
  output,
}: LinkedOptions): TaskContext => {
  const context = toTaskContext('reports:build', given);
  const onFault = (thrown: unknown): never => {
    throw thrown;
  };
  const worker: Link = createLink({
    send: (message) => child.receive(JSON.parse(JSON.stringify(message))),
    answer: (member, args, work) =>
      answerForwarded({ context, steps: emptyStepStore, tasks, findHandle }, member, args, work),
    onFault,
  });
  const child: Link = createLink({
    send: (message) => worker.receive(JSON.parse(JSON.stringify(message))),
    answer: () => undefined,
    onFault,
  });
  return toChildContext(JSON.parse(JSON.stringify(toCarriedContext(context))), child, {
    signal: context.signal,
    logger: toChildLogger(child),
    resolve: resolveFrom([]),
    rules: { parent: { ...context, ancestors }, limits: { taskMaxPayloadBytes: 1000 } },
    completion: {
      dialect: 'sqlite',
      checkOutput: (value) => validateOutput(output === undefined ? {} : { output }, value, 1000),
    },
    getSteps: () => {
      throw new Error('no step is called');
    },
  });
};
