import { type Acknowledgement } from '../check/History';
import {
  type FaultCall,
  type ProcessCommand,
  type Producer,
  type SchedulerAnswer,
  type SchedulerMessage,
} from '../contestants/Contestant';

/** Schedules in a process of its own. */
export interface SchedulerProcess extends Producer {
  /** SIGKILL; calls without an answer have none, and later ones go to a new process. */
  kill(): Promise<void>;
}

interface Running {
  readonly ready: Promise<void>;
  send(call: FaultCall): Promise<Acknowledgement>;
  kill(): Promise<void>;
}

/** What a killed process had written is read within this time; milliseconds. */
const LAST_WORDS_MS = 50;

const LOST: Acknowledgement = {
  kind: 'unknown',
  taskId: undefined,
  message: 'the scheduling process was killed',
};

/**
 * Starts a process that schedules, and those that take its place when it is killed: calls must not wait for a start. Resolves
 * when all of them can be called.
 *
 * @param killCount How often it will be killed.
 */
export const startSchedulerProcess = async (
  command: ProcessCommand,
  killCount: number,
): Promise<SchedulerProcess> => {
  const all = Array.from({ length: killCount + 1 }, () => start(command));
  await Promise.all(all.map(({ ready }) => ready));
  let place = 0;
  const current = (): Running => {
    const running = all[place];
    if (running === undefined) throw new Error(`expected at most ${killCount} kills, got one more`);
    return running;
  };
  return {
    schedule: (call) => current().send(call),
    kill: async () => {
      const killed = current();
      place += 1;
      await killed.kill();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((each) => each.kill()));
    },
  };
};

const start = ({ command, env }: ProcessCommand): Running => {
  const waiting = new Map<number, (answer: Acknowledgement) => void>();
  const ready = Promise.withResolvers<void>();
  let isDead = false;
  let lastNumber = 0;
  const hear = (message: SchedulerAnswer | 'ready'): void => {
    if (message === 'ready') {
      ready.resolve();
      return;
    }
    waiting.get(message.number)?.(message.acknowledgement);
    waiting.delete(message.number);
  };
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    ipc: hear,
  });
  const end = async (): Promise<void> => {
    await child.exited;
    isDead = true;
    ready.resolve(); // calls that waited for it have no answer either
    await Bun.sleep(LAST_WORDS_MS);
    for (const answer of waiting.values()) answer(LOST);
  };
  const ended = end();
  return {
    ready: ready.promise,
    send: (call) => {
      if (isDead) return Promise.resolve(LOST);
      lastNumber += 1;
      const message: SchedulerMessage = { number: lastNumber, call };
      const { promise, resolve } = Promise.withResolvers<Acknowledgement>();
      waiting.set(message.number, resolve);
      child.send(message);
      return promise;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
