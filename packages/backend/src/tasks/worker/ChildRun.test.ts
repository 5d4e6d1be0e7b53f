import { describe, expect, it, jest } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskEnd } from '../domain/TaskEnd';
import { type TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type ChildStore, type StoredChild, TakenJobError } from '../queue/ChildStore';
import { PublishError } from '../queue/publish';
import { WaitError } from '../queue/TaskEnds';
import { type JobInput } from '../queue/TaskQueues';
import { createChildBook } from './ChildBook';
import { createTaskChildren } from './ChildRun';
import { realClock } from './HandlerClock';

const task = defineTask({
  queueName: 'a:b',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => ok(n),
});

interface World {
  /** Answers of `publish`, in order; afterwards it accepts. */
  readonly refusals?: readonly PublishError[];
  readonly end?: TaskEnd | WaitError;
  readonly store?: Partial<ChildStore>;
}

const setup = ({ refusals = [], end = { kind: 'completed', value: 7 }, store = {} }: World = {}) => {
  const published: JobInput[] = [];
  const log: string[] = [];
  const notes: StoredChild[] = [];
  const attempt = new AbortController();
  const parent = {
    taskId: TaskId(),
    taskName: 'p:p',
    correlationId: CorrelationId(),
    ancestors: ['root:root'],
    attemptsMade: 0,
  };
  const left = [...refusals];
  const children = createTaskChildren({
    parent,
    book: createChildBook(
      {
        claim: async (claims) => claims.map(({ child }) => child),
        note: async (noted) => void notes.push(...noted.map(({ child }) => child)),
        listUnended: async () => [],
        ...store,
      },
      attempt.signal,
    ),
    wait: {
      enter: (names) => void log.push(`enter ${names.join()}`),
      leave: async () => void log.push('leave'),
    },
    controls: {
      getSignal: () => attempt.signal,
      interrupt: (cause: TaskError) => {
        log.push(`interrupt ${cause.message}`);
        attempt.abort(cause);
      },
    },
    ports: {
      appConfig: parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap(),
      publish: async (job) => {
        const refusal = left.shift();
        if (refusal !== undefined) return err(refusal);
        published.push(job);
        return ok(job.id);
      },
      ends: { wait: async () => (end instanceof WaitError ? err(end) : ok(end)) },
      cancel: async ({ name }, reason) => void log.push(`cancel ${name}: ${reason}`),
    },
    now: Date.now,
    setTimer: realClock.setTimer,
  });
  return { children, published, log, notes, attempt, parent };
};

const refused = new PublishError('Redis refused the task: OOM', { code: 'refused' });

describe('createTaskChildren', () => {
  it('publishes a child with its lineage, waits without a slot and writes its end down', async () => {
    const { children, published, log, notes, parent } = setup();
    const [result] = await children.run([[task, { n: 1 }]]);

    expect(result._unsafeUnwrap()).toBe(7);
    expect(published).toMatchObject([
      {
        name: 'a:b',
        data: {
          payload: { n: 1 },
          correlationId: parent.correlationId,
          parentId: parent.taskId,
          ancestors: ['root:root', 'p:p'],
        },
        options: { priority: 51 - 2 / 64 },
      },
    ]);
    expect([log, notes]).toEqual([
      ['enter a:b', 'leave'],
      [{ id: published[0]?.id as TaskId, name: 'a:b', round: 0, end: 'completed', value: '7' }],
    ]);
  });

  it('sends a child again, under its id, as long as Redis takes none', async () => {
    jest.useFakeTimers();
    const { children, published } = setup({ refusals: [refused, refused] });
    const running = children.run([[task, { n: 1 }]]);
    for (let turn = 0; turn < 50; turn += 1) {
      jest.advanceTimersByTime(500);
      await Promise.resolve();
    }
    const [result] = await running;
    jest.useRealTimers();

    expect([result._unsafeUnwrap(), published.length]).toEqual([7, 1]);
  });

  it('answers queue-unavailable when Redis takes none until the time is over', async () => {
    const { children, log } = setup({ refusals: [refused, refused, refused, refused] });
    const [result] = await children.run([[task, { n: 1 }]], { timeoutMs: 1 });

    expect(result._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      taskName: 'a:b',
      message: expect.stringContaining('Redis refused the task: OOM'),
    });
    expect(log).toEqual([]);
  }, 10_000);

  it('cancels a child that is waited for no longer', async () => {
    const { children, log } = setup({ end: new WaitError('not ended within 1 ms', 'timed-out') });
    const [result] = await children.run([[task, { n: 1 }]], { timeoutMs: 5 });

    expect(result._unsafeUnwrapErr()).toMatchObject({
      code: 'timed-out',
      message: expect.stringMatching(/: not ended within 5 ms$/),
    });
    expect(log).toEqual(['enter a:b', 'cancel a:b: its parent waited no longer', 'leave']);
  });

  it('rejects with what interrupts the attempt, at once', async () => {
    const { children, attempt } = setup({ store: { claim: () => new Promise(() => undefined) } });
    const running = children.run([[task, { n: 1 }]]);
    attempt.abort(new Error('the worker is stopping'));

    expect(running).rejects.toThrow('the worker is stopping');
    expect(children.run([[task, { n: 1 }]])).rejects.toThrow('the worker is stopping');
  });

  it('publishes nothing once the attempt is over: nobody would cancel it', async () => {
    const claimed = Promise.withResolvers<readonly StoredChild[]>();
    const { children, attempt, published } = setup({ store: { claim: () => claimed.promise } });
    const running = children.run([[task, { n: 1 }]]);
    attempt.abort(new Error('the task was cancelled'));
    claimed.resolve([{ id: TaskId(), name: 'a:b', round: 0 }]);

    expect(running).rejects.toThrow('the task was cancelled');
    await new Promise((resolve) => setImmediate(resolve));
    expect(published).toEqual([]);
  });

  it('ends the attempt when another worker has the task', async () => {
    const claim = async () => {
      throw new TakenJobError('another worker has the task');
    };
    const { children, log, published } = setup({ store: { claim } });

    expect(children.run([[task, { n: 1 }]])).rejects.toMatchObject({ code: 'lost-lock' });
    await new Promise((resolve) => setImmediate(resolve));
    expect([log, published]).toEqual([
      ['interrupt the attempt lost its lock: its task was put back meanwhile'],
      [],
    ]);
  });

  it('answers what is written down without asking Redis, and gives no slot away for it', async () => {
    const known: StoredChild = { id: TaskId(), name: 'a:b', round: 0, end: 'completed', value: '{"a":1}' };
    const { children, log, published } = setup({ store: { claim: async () => [known] } });
    const [result] = await children.run([[task, { n: 1 }]]);

    expect([result._unsafeUnwrap() as unknown, log, published]).toEqual([{ a: 1 }, [], []]);
  });

  it('fails for good when the calls are no list', async () => {
    const { children } = setup();

    expect(children.run('all' as never)).rejects.toMatchObject({
      code: 'fatal',
      message: 'expected a list of calls, got string',
    });
  });
});
