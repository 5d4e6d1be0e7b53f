import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v4 } from 'uuid';
import { type Bounds, type History, type LedgerTask } from '../check/History';
import { type Contestant, type Producer } from '../contestants/Contestant';
import { BENCH, MAX_CRASHES } from '../plan/BenchSettings';
import { createRandom } from '../plan/Random';
import { type Fault, type Scenario } from '../plan/Scenario';
import { type Evidence, machineNowMs } from '../tasks/Evidence';
import { LOG_TEXTS } from './logTexts';
import { createNoiseMeter } from './NoiseMeter';
import { makeAllCalls, type OpenCall, taskIdOf, toCallHistory } from './OpenCall';
import { type QueueReader } from './QueueReader';
import { endRuns, SETTLE_TIMEOUT_MS, settleCalls } from './settleCalls';
import { strike, type Target } from './strike';
import { createTimeline } from './Timeline';
import { startWorld } from './World';

const POLL_MS = 100;
const CPU_SAMPLE_MS = 500;
/** Tasks that ended and whose keys are kept for a report; those that did not end are always kept. */
const DESCRIBED_COUNT = 50;

/** What a run left behind, besides its history. */
export interface ScenarioRun {
  readonly history: History;
  /** The keys of a task, for a report. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** Runs a scenario on processes of its own and says everything that happened. */
export const runScenario = async (scenario: Scenario, contestant: Contestant): Promise<ScenarioRun> => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-fault-'));
  try {
    return await runInFolder(scenario, contestant, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const runInFolder = async (
  scenario: Scenario,
  contestant: Contestant,
  folder: string,
): Promise<ScenarioRun> => {
  await using world = await startWorld(scenario, contestant, folder);
  const { settings, pool, producer, reader, ledger, readEvidence } = world;
  const before = await warmUp(producer, reader, readEvidence);
  const warmedUp = new Set((await ledger?.readTasks())?.map(({ taskId }) => taskId));

  using noise = createNoiseMeter();
  using strays = collectStrayErrors();
  using _cpuTimer = sampleRegularly(() => pool.sampleCpu());
  const timeline = createTimeline();
  const target: Target = {
    ...world,
    timeline,
    random: createRandom(scenario.seed),
    withRedis: createTurns(),
  };
  const calls: OpenCall[] = [];
  const startedAtMs = machineNowMs();
  await Promise.all([
    makeAllCalls(scenario.loads, producer, calls),
    ...scenario.faults.map((fault) => strikeInTime(fault, target, readEvidence)),
  ]);
  await settleCalls(calls, { reader, ledger, timeline });
  await endRuns(pool, readEvidence);
  pool.seal();
  for (const child of pool.living()) child.requestStop();
  await Promise.race([
    Promise.all(pool.living().map(({ ended }) => ended)),
    Bun.sleep(settings.drainTimeoutMs + 4000),
  ]);
  const recorded = ledger && {
    tasks: (await ledger.readTasks()).filter(({ taskId }) => !warmedUp.has(taskId)),
    unfinishedJobCount: await reader.countUnfinished(),
    heldEnds: timeline.held(),
  };
  nameLostAnswers(calls, recorded?.tasks ?? []);
  for (const call of calls) {
    const taskId = taskIdOf(call.acknowledgement);
    if (taskId !== undefined) call.final = await reader.read(taskId);
  }
  const descriptions = await describeTasks(calls, reader);
  const after = await reader.listKeysWithoutEnded();
  const { drainTimeoutMs } = settings;
  const bounds: Bounds = { ...BENCH, drainTimeoutMs, maxCrashes: MAX_CRASHES, noiseMs: noise.stop() };
  const history: History = {
    scenario,
    bounds,
    texts: LOG_TEXTS,
    startedAtMs,
    calls: calls.map(toCallHistory),
    evidence: (await readEvidence()).filter(({ call }) => call >= 0),
    processes: pool.histories(),
    faults: timeline.faults(),
    outages: timeline.outages(),
    keys: { before, after },
    strayErrors: strays.stop(),
    ledger: recorded,
  };
  return { history, descriptions };
};

/** Runs one task, so that every key that a queue needs is there, and lists the keys. */
const warmUp = async (
  producer: Producer,
  reader: QueueReader,
  readEvidence: () => Promise<readonly Evidence[]>,
): Promise<readonly string[]> => {
  const answer = await producer.schedule({
    correlationId: v4(),
    payload: { call: -1, behaviour: { kind: 'sleep', ms: 0 } },
    delayMs: 0,
    maxAttempts: 1,
  });
  if (answer.kind !== 'acknowledged') throw new Error(`the bench does not work: ${answer.message}`);
  const startedAtMs = performance.now();
  while ((await reader.sortByEnd([answer.taskId])).ended.length === 0) {
    if (performance.now() - startedAtMs > 10_000) throw new Error('the bench does not work: no task runs');
    await Bun.sleep(POLL_MS);
  }
  if ((await readEvidence()).length === 0) throw new Error('the bench does not work: no evidence');
  return reader.listKeysWithoutEnded();
};

const strikeInTime = async (
  fault: Fault,
  target: Target,
  readEvidence: () => Promise<readonly Evidence[]>,
): Promise<void> => {
  const { trigger } = fault;
  if ('atMs' in trigger) {
    await Bun.sleep(trigger.atMs);
    return strike(fault, target, undefined);
  }
  const { moment = 'start' } = trigger;
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const starts = (await readEvidence()).filter(
      ({ event, call }) => event === moment && call === trigger.onCall,
    );
    const start = starts[trigger.run - 1];
    if (start !== undefined) {
      await Bun.sleep(trigger.afterMs);
      return strike(fault, target, start.pid);
    }
    await Bun.sleep(10);
  }
};

/** A task whose scheduling process died before it could name it is known by its correlation ID. */
const nameLostAnswers = (calls: readonly OpenCall[], tasks: readonly LedgerTask[]): void => {
  const ids = new Map(tasks.map(({ correlationId, taskId }) => [correlationId, taskId] as const));
  for (const call of calls) {
    const { acknowledgement: answer } = call;
    if (answer?.kind === 'unknown')
      call.acknowledgement = { ...answer, taskId: answer.taskId ?? ids.get(call.correlationId) };
  }
};

const describeTasks = async (
  calls: readonly OpenCall[],
  reader: QueueReader,
): Promise<ReadonlyMap<string, string>> => {
  const descriptions = new Map<string, string>();
  for (const { acknowledgement, settled } of calls) {
    const taskId = taskIdOf(acknowledgement);
    if (taskId === undefined || (settled !== undefined && descriptions.size >= DESCRIBED_COUNT)) continue;
    descriptions.set(taskId, await reader.describeTask(taskId));
  }
  return descriptions;
};

/** One after the other. */
const createTurns = (): Target['withRedis'] => {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  };
};

const sampleRegularly = (sample: () => void): Disposable => {
  const timer = setInterval(sample, CPU_SAMPLE_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};

/** Errors that reach nobody in this process: a scheduler must never cause one. */
const collectStrayErrors = (): Disposable & { stop(): readonly string[] } => {
  const errors: string[] = [];
  const collect = (error: unknown): void => {
    errors.push(Bun.inspect(error));
  };
  process.on('unhandledRejection', collect).on('uncaughtException', collect);
  const stop = (): readonly string[] => {
    process.off('unhandledRejection', collect).off('uncaughtException', collect);
    return errors;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
};
