import { fileURLToPath } from 'node:url';
import { type Trial, type TrialRequest } from './Trial';

const LANE = fileURLToPath(new URL('lane.ts', import.meta.url));

type LaneMessage = { readonly trial: Trial } | { readonly broken: string };

/** Longer than any scenario and all the smaller ones made of it take; milliseconds. */
const TRIAL_TIMEOUT_MS = 600_000;

interface Lane extends AsyncDisposable {
  run(request: TrialRequest): Promise<Trial>;
  hasEnded(): boolean;
}

interface TrialRun {
  readonly requests: readonly TrialRequest[];
  /** Processes that run scenarios at the same time. */
  readonly laneCount: number;
  /** Where scenarios keep their files; a folder that exists. */
  readonly folder: string;
  /** Told of each trial when it is over. */
  onTrial(trial: Trial): void;
}

/** Runs trials in several processes; resolves when all are over. */
export const runTrials = async ({
  requests,
  laneCount,
  folder,
  onTrial,
}: TrialRun): Promise<readonly Trial[]> => {
  const waiting = [...requests];
  const trials: Trial[] = [];
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      await using lane = startLane(folder);
      // One that has died is replaced.
      while (waiting.length > 0 && !lane.hasEnded()) {
        const request = waiting.shift();
        if (request === undefined) break;
        const trial = await lane.run(request);
        trials.push(trial);
        onTrial(trial);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(laneCount, requests.length) }, work));
  return trials;
};

const startLane = (folder: string): Lane => {
  let answer: PromiseWithResolvers<Trial> | undefined;
  const child = Bun.spawn([process.execPath, '--no-install', LANE], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message: LaneMessage) => {
      if ('trial' in message) answer?.resolve(message.trial);
      else answer?.reject(new Error(message.broken));
    },
    onExit: (_child, code) => answer?.reject(new Error(`a lane of the bench ended with ${code}`)),
  });
  return {
    run: (request) => {
      answer = Promise.withResolvers<Trial>();
      child.send(request);
      const timer = setTimeout(() => {
        answer?.reject(new Error(`no end within ${TRIAL_TIMEOUT_MS / 1000} s; is there room in ${folder}?`));
        child.kill('SIGKILL');
      }, TRIAL_TIMEOUT_MS);
      return answer.promise
        .catch((error: Error) => toBrokenTrial(request, error))
        .finally(() => clearTimeout(timer));
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
};

/** A bench that breaks proves nothing, neither for nor against. */
const toBrokenTrial = (request: TrialRequest, error: Error): Trial => ({
  ...request,
  broken: error.message,
  violations: [],
  ...{ lostCount: 0, extraRunCount: 0, slowestMs: 0, durationMs: 0 },
  report: error.message,
});
