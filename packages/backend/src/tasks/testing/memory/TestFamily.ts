import { guardedLogger } from '@backend/logger/guardedLogger';
import { silentLogger } from '@backend/logger/silentLogger';
import { resolveFrom } from '../../domain/ResourceToken';
import { DEFAULT_CHILD_TIMEOUT_MS, type TaskChildren } from '../../domain/TaskChildren';
import { type TaskContext } from '../../domain/TaskContext';
import { ENVELOPE_VERSION } from '../../domain/TaskEnvelope';
import { createAttemptFamily } from '../../worker/AttemptFamily';
import { type ScheduledTask } from '../ScheduledTask';
import { testConfig } from '../testConfig';
import { createMemoryChildren } from './MemoryChildren';
import { createMemoryWorld } from './MemoryWorld';
import { toTestDelivery } from './toTestDelivery';

/** What a handler schedules that runs in no scheduler of a test. */
export interface TestFamily {
  /** The calls that were accepted, in all attempts. */
  readonly calls: readonly ScheduledTask[];
  /** Begins an attempt, which knows the children of earlier ones. */
  begin(attempt: Pick<TaskContext, 'attempt' | 'signal'>): Pick<TaskContext, 'schedule' | 'children'>;
}

interface Parent
  extends Pick<TaskContext, 'taskId' | 'taskName' | 'correlationId' | 'userId'>,
    Partial<Pick<TaskContext, 'resolve' | 'logger'>> {}

/**
 * Creates the family of a handler: what it schedules is noted, and runs while the handler waits for children, in a world of
 * its own, whose clock goes on as far as they need. Children have the resources and the logger of their parent.
 */
export const createTestFamily = (parent: Parent): TestFamily => {
  const { taskId, taskName, correlationId, userId } = parent;
  const { resolve = resolveFrom([]), logger = silentLogger } = parent;
  const world = createMemoryWorld({
    tasks: undefined,
    startMs: Date.now(),
    appConfig: testConfig(),
    logger: guardedLogger(logger),
    resolve,
    random: () => 0,
    patienceMs: 1000,
  });
  const now = () => new Date(world.nowMs());
  const data = { v: ENVELOPE_VERSION, payload: null, correlationId, userId } as const;
  const children = createMemoryChildren();
  const toFamily = ({ attempt, signal }: Pick<TaskContext, 'attempt' | 'signal'>) =>
    createAttemptFamily(
      {
        delivery: toTestDelivery({ taskId, data, attemptsMade: attempt - 1, scheduledAt: now(), children }),
        task: { queueName: taskName },
        envelope: data,
        environment: { family: world.family, now },
      },
      {
        getSignal: () => signal,
        clock: { stand: () => undefined, go: () => undefined },
        interrupt: () => undefined,
      },
    );
  const begin: TestFamily['begin'] = (attempt) => {
    const family = toFamily(attempt);
    const run: TaskChildren['run'] = (calls, options) => {
      let isOver = false;
      const running = family.children().run(calls, options);
      const end = (): void => {
        isOver = true;
      };
      void running.then(end, end);
      const { timeoutMs = DEFAULT_CHILD_TIMEOUT_MS } = options ?? {};
      const untilMs = world.nowMs() + (Number.isFinite(timeoutMs) ? timeoutMs : 0); // a wrong one is refused at once
      const moving = world.timeline.runUntil(() => isOver, untilMs);
      // Children without an end are an error of the test, which nobody else would hear of.
      return Promise.race([running, moving.then(() => running)]);
    };
    return { schedule: family.schedule, children: { run } };
  };
  return { calls: world.calls, begin };
};
