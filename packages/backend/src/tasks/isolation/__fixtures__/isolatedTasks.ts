import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createLogger } from '@backend/logger/Logger';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';

/** An error with a class and a field of its own. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code = 'http';
  constructor(readonly status: number) {
    super(`the server answered ${status}`, { cause: new Error('connection reset') });
  }
}

const never = new Promise<never>(() => undefined);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** Leaves a line that a test in another process reads. */
const noteStart = ({ taskId, attempt }: TaskContext): void => {
  const { EVIDENCE_FILE: path } = process.env;
  const evidence = { event: 'start', pid: process.pid, n: 0, taskId, attempt };
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(evidence)}\n`);
};

const refuse = (thrown: unknown): never => {
  throw thrown;
};

/** Longer than any test; not for ever, so that a test that fails leaves nothing behind. */
const loopForEver = (): never => {
  const endsAtMs = performance.now() + 60_000;
  while (performance.now() < endsAtMs) Math.random();
  throw new Error('nobody has killed the process');
};

/** Takes 640 MB, no more: a limit that does not hold must not take the machine along. */
const eatMemory = async (): Promise<never> => {
  const eaten: Buffer[] = [];
  while (eaten.length < 40) {
    eaten.push(Buffer.alloc(16 * 2 ** 20, eaten.length));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return never;
};

/** What the handler of `actTask` can do. */
const acts: Readonly<Record<string, (ctx: TaskContext, text: string) => unknown>> = {
  echo: ({ logger: _logger, signal, ...ctx }, text) =>
    ok({ ...JSON.parse(JSON.stringify(ctx)), text, isAborted: signal.aborted, pid: process.pid }),
  environment: (_ctx, text) => ok(process.env[text]),
  nothing: () => ok(),
  length: (_ctx, text) => ok(text.length),
  large: () => ok('x'.repeat(100_000)),
  map: () => ok(new Map()),
  number: () => 7,
  throws: () => refuse(new HttpError(404)),
  throwsText: () => refuse('just a text'),
  fatal: () => err(TaskError.fatal('the page is gone', { url: '/a', when: 1n })),
  later: () => err(TaskError.retryLater(5, 'too early')),
  dropsRejection: () => {
    void Promise.reject(new HttpError(500));
    return never;
  },
  throwsFromTimer: () => {
    setTimeout(() => refuse(new Error('thrown from a timer')), 1);
    return never;
  },
  exits: () => process.exit(0),
  isKilled: () => {
    process.kill(process.pid, 'SIGSEGV');
    return never;
  },
  prints: ({ taskId }) => {
    process.stdout.write(`one\n{"taskId":"${taskId}"}\nno end`);
    console.error('an error');
    return ok();
  },
  forks: ({ logger }) => {
    logger.info('forked', { pid: spawn('sleep', ['60'], { stdio: 'ignore' }).pid });
    return ok();
  },
  leavesDaemon: ({ logger }) => {
    const daemon = spawn('sleep', ['30'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    logger.info('left', { pid: daemon.pid });
    return ok();
  },
  answersItself: () => {
    process.send?.('hello');
    process.send?.({ drover: 1, kind: 'answer', id: 1, value: 'first' });
    return ok('second');
  },
  logs: ({ logger }) => {
    logger.child({ page: 7 }).info('Reading', { pages: new Set([1]), apiToken: 'never shown' });
    logger.error('Broken', new HttpError(503), { url: '/a' });
    createLogger({ level: 'info', format: 'json' }).info('A service');
    return ok();
  },
  reports: async ({ progress, log }) => {
    await progress({ done: 1 });
    await progress({ done: 2 });
    await log('half of it');
    return ok(await progress(new Map()).catch((error: Error) => error.message));
  },
  steps: async ({ step }) => {
    const messageOf = ({ message }: Error): string => message;
    const charge = await step('charge', ({ idempotencyKey }) => ({ pid: process.pid, idempotencyKey }));
    const refused = await step('reserve', () => err(new HttpError(404)));
    const answers = [
      (await step('nothing', () => undefined)) === undefined,
      await step('outer', () => step('inner', () => 1)).catch(messageOf),
      await step('map', () => new Map()).catch(messageOf),
      await step('throw', () => refuse(new HttpError(503))).catch((error) => error instanceof HttpError),
      refused.isErr() && refused.error instanceof HttpError,
    ];
    void step('forgotten', () => new Promise((resolve) => setTimeout(resolve, 50)));
    return ok({ charge, answers });
  },
  diesAfterStep: async ({ step, attempt }) => {
    const pid = await step('charge', () => process.pid);
    if (attempt === 1) process.kill(process.pid, 'SIGKILL');
    return ok([pid, process.pid]);
  },
  obeys: async ({ signal, logger }) => {
    logger.info('waiting');
    await aborted(signal);
    logger.info('aborted', { reason: signal.reason });
    return ok('late');
  },
  lingers: ({ logger }) => {
    logger.info('lingering', { pid: process.pid });
    setInterval(() => undefined, 1000);
    process.on('exit', loopForEver);
    return ok('done');
  },
  loops: (ctx) => {
    ctx.logger.info('looping');
    const loop = (): never => {
      noteStart(ctx);
      return loopForEver();
    };
    // Some turns, so that the line is out.
    return new Promise((resolve) => setTimeout(() => resolve(loop()), 20));
  },
  waits: async (ctx) => {
    noteStart(ctx);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return ok('waited');
  },
  eats: () => eatMemory(),
};

/** Does what its payload says. */
export const actTask = defineTask({
  queueName: 'isolated:act',
  schema: z.object({ act: z.string(), text: z.string().default('') }),
  handler: ({ act, text }, ctx) => acts[act]?.(ctx, text) as never, // whatever JavaScript may do
  options: {
    isolate: true,
    maxAttempts: 1,
    retry: {
      backoff: 'fixed',
      initialDelayMs: 0,
      retryOn: (error) => !(error instanceof HttpError && error.status < 500),
    },
  },
});

/** The same with a limit of its memory. */
export const hungryTask = defineTask({
  queueName: 'isolated:hungry',
  schema: z.object({ act: z.string() }),
  handler: ({ act }, ctx) => acts[act]?.(ctx, '') as never, // whatever JavaScript may do
  options: { isolate: { maxMemoryMb: 256 }, maxAttempts: 1 },
});

/** Its payload and its result are other things than JSON on their way. */
export const dateTask = defineTask({
  queueName: 'isolated:date',
  schema: z.object({ at: z.coerce.date(), text: z.string().transform((text) => text.length) }),
  output: z.object({ at: z.date().transform((at) => at.getTime()), length: z.number() }),
  handler: ({ at, text }) => ok({ at, length: text }) as never, // the output schema takes what the handler makes
  options: { isolate: true },
});

/** Runs in the worker. */
export const ordinaryTask = defineTask({
  queueName: 'isolated:ordinary',
  schema: z.object({}),
  handler: () => ok({ pid: process.pid }),
});

/** What the processes load. */
export const tasks: TaskDefinition<unknown>[] = [actTask, hungryTask, dateTask, ordinaryTask];
