import { setTimeout as sleep } from 'node:timers/promises';
import { v4 } from 'uuid';
import { type FaultPayload } from './Behaviour';
import { note, type RunFacts } from './Evidence';
import { generateEnd } from './generateEnd';

/** How a run ended, in a form that every contestant can express. */
export type RunEnd =
  | { readonly kind: 'returned'; readonly value: { readonly pid: number; readonly run: string } }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'generated'; end(): unknown };

/** What a contestant tells a run. */
export interface RunInput {
  readonly payload: FaultPayload;
  readonly facts: RunFacts;
  readonly signal: AbortSignal | undefined;
  /** Does a step of the run once for the task. Default: does it in each run. */
  step?(name: string, work: () => Promise<void>): Promise<void>;
  /** Writes an effect of a run and completes its task, in one transaction. Default: nothing is written. */
  commit?(run: string): Promise<void>;
}

/** Does what a call asks for and leaves evidence at its start, its middle and its end. */
export const behave = async (input: RunInput): Promise<RunEnd> => {
  const {
    payload: { behaviour },
    facts,
    signal,
  } = input;
  const run = v4();
  note('start', run, facts);
  const halve = async (ms: number, until?: AbortSignal): Promise<void> => {
    const options = until === undefined ? {} : { signal: until };
    await sleep(ms / 2, undefined, options);
    note('effect', run, facts);
    await sleep(ms / 2, undefined, options);
  };
  switch (behaviour.kind) {
    case 'sleep':
      await halve(behaviour.ms, signal);
      break;
    case 'ignore-signal':
      await halve(behaviour.ms);
      break;
    case 'block':
      holdEventLoop(behaviour.ms);
      note('effect', run, facts);
      break;
    case 'stray':
      setTimeout(() => {
        throw new Error('thrown from a timer');
      }, 1);
      void Promise.reject(new Error('a dropped promise'));
      await halve(behaviour.ms);
      break;
    case 'steps':
      await takeSteps(input, { ...behaviour, run });
      break;
    case 'transaction':
      await commitHalfway(input, { ...behaviour, run });
      break;
    case 'fail':
      await halve(behaviour.ms);
      note('end', run, facts);
      if (facts.attempt <= behaviour.times) return { kind: 'failed', message: 'asked to fail' };
      return { kind: 'returned', value: { pid: process.pid, run } };
    case 'generated':
      note('end', run, facts);
      return { kind: 'generated', end: () => generateEnd(behaviour.seed) };
  }
  note('end', run, facts);
  return { kind: 'returned', value: { pid: process.pid, run } };
};

/** Its signal ends neither half: what is committed has ended anyway. */
const commitHalfway = async (
  { facts, commit = async () => undefined }: RunInput,
  { ms, run }: { readonly ms: number; readonly run: string },
): Promise<void> => {
  await sleep(ms / 2);
  await commit(run);
  note('committed', run, facts);
  await sleep(ms / 2);
};

interface Steps {
  readonly count: number;
  readonly ms: number;
  readonly run: string;
}

const takeSteps = async (
  { facts, signal, step = (_name, work) => work() }: RunInput,
  { count, ms, run }: Steps,
): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const own = { ...facts, step: index };
    await step(`step ${index}`, async () => {
      note('step', run, own);
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    });
    note('kept', run, own);
  }
};

const holdEventLoop = (ms: number): void => {
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs);
};
