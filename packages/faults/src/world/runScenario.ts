import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v4 } from 'uuid';
import { type Acknowledgement, type Bounds, type CallHistory, type History } from '../check/History';
import { type Contestant, type ContestantSettings, type Producer } from '../contestants/Contestant';
import { BENCH, MAX_CRASHES } from '../plan/BenchSettings';
import { createRandom } from '../plan/Random';
import { type Fault, type Load, type Scenario } from '../plan/Scenario';
import { type Evidence, machineNowMs, parseEvidence } from '../tasks/Evidence';
import { createFaultProxy } from './FaultProxy';
import { startFaultRedis } from './FaultRedis';
import { LOG_TEXTS } from './logTexts';
import { createNoiseMeter } from './NoiseMeter';
import { createQueueReader, type QueueReader } from './QueueReader';
import { strike, type Target } from './strike';
import { createTimeline } from './Timeline';
import { createWorkerPool } from './WorkerPool';

/** How long tasks may take to end after everything was over; milliseconds. */
const SETTLE_TIMEOUT_MS = 20_000;
const POLL_MS = 100;
const CPU_SAMPLE_MS = 500;
/** Tasks that ended and whose keys are kept for a report; those that did not end are always kept. */
const DESCRIBED_COUNT = 50;

/** A call while it is being made. */
interface OpenCall extends Omit<CallHistory, 'answeredAtMs' | 'acknowledgement' | 'settled' | 'final'> {
  answeredAtMs: number | undefined;
  acknowledgement: Acknowledgement | undefined;
  settled: CallHistory['settled'];
  final: CallHistory['final'];
}

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
  await using redis = await startFaultRedis(folder);
  await using proxy = await createFaultProxy(redis.port);
  const settings: ContestantSettings = {
    ...BENCH,
    drainTimeoutMs: scenario.drainTimeoutMs ?? BENCH.drainTimeoutMs,
    port: proxy.port,
    redisPort: redis.port,
    folder,
    evidencePath: join(folder, 'evidence.jsonl'),
    concurrency: scenario.concurrency,
    clockAheadMs: scenario.clockAheadMs ?? 0,
  };
  await Bun.write(settings.evidencePath, '');
  const { readyText } = contestant;
  await using pool = createWorkerPool({
    ...contestant.workerCommand(settings),
    folder,
    readyText,
    clockAheadMs: settings.clockAheadMs,
  });
  await using producer = contestant.openProducer(settings);
  const reader = createQueueReader(redis.client, contestant, contestant.openViewer(settings));
  const readEvidence = async () => parseEvidence(await readFile(settings.evidencePath, 'utf8'));

  await Promise.all(Array.from({ length: scenario.workerCount }, () => pool.add()));
  const before = await warmUp(producer, reader, readEvidence);

  using noise = createNoiseMeter();
  using strays = collectStrayErrors();
  using _cpuTimer = sampleRegularly(() => pool.sampleCpu());
  const timeline = createTimeline();
  const target: Target = {
    redis,
    proxy,
    pool,
    timeline,
    random: createRandom(scenario.seed),
    withRedis: createTurns(),
  };
  const calls: OpenCall[] = [];
  const startedAtMs = machineNowMs();
  await Promise.all([
    ...numberLoads(scenario.loads).map((load) => makeCalls(load, producer, calls)),
    ...scenario.faults.map((fault) => strikeInTime(fault, target, readEvidence)),
  ]);
  await settleCalls(calls, reader, timeline);
  await endRuns(pool, readEvidence);
  pool.seal();
  for (const child of pool.living()) child.requestStop();
  await Promise.race([
    Promise.all(pool.living().map(({ ended }) => ended)),
    Bun.sleep(settings.drainTimeoutMs + 4000),
  ]);
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
  };
  return { history, descriptions };
};

const taskIdOf = (answer: Acknowledgement | undefined): string | undefined =>
  answer === undefined || answer.kind === 'refused' ? undefined : answer.taskId;

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

type NumberedLoad = Load & { readonly firstCall: number };

const numberLoads = (loads: readonly Load[]): readonly NumberedLoad[] => {
  let firstCall = 0;
  return loads.map((load) => {
    const numbered = { ...load, firstCall };
    firstCall += load.count;
    return numbered;
  });
};

const makeCalls = async (load: NumberedLoad, producer: Producer, calls: OpenCall[]): Promise<void> => {
  await Bun.sleep(load.atMs);
  const answers: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let index = 0; index < load.count; index += 1) {
    const dueMs = (load.spreadMs * index) / load.count - (performance.now() - startedAtMs);
    if (dueMs > 1) await Bun.sleep(dueMs);
    answers.push(makeCall(load, load.firstCall + index, producer, calls));
  }
  await Promise.all(answers);
};

const makeCall = async (
  { behaviour, delayMs = 0, maxAttempts = 3 }: Load,
  call: number,
  producer: Producer,
  calls: OpenCall[],
): Promise<void> => {
  // Each call its own value: handlers that are generated differ.
  const own = behaviour.kind === 'generated' ? { ...behaviour, seed: behaviour.seed + call } : behaviour;
  const payload = { call, behaviour: own };
  const correlationId = v4();
  const open: OpenCall = {
    ...{ call, correlationId, payload, maxAttempts, delayMs, calledAtMs: machineNowMs() },
    ...{ answeredAtMs: undefined, acknowledgement: undefined, settled: undefined, final: undefined },
  };
  calls.push(open);
  open.acknowledgement = await producer.schedule({ correlationId, payload, delayMs, maxAttempts });
  open.answeredAtMs = machineNowMs();
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
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const starts = (await readEvidence()).filter(
      ({ event, call }) => event === 'start' && call === trigger.onCall,
    );
    const start = starts[trigger.run - 1];
    if (start !== undefined) {
      await Bun.sleep(trigger.afterMs);
      return strike(fault, target, start.pid);
    }
    await Bun.sleep(10);
  }
};

/** Waits until every task has ended, for as long as the longest of them may still take. */
const settleCalls = async (
  calls: readonly OpenCall[],
  reader: QueueReader,
  timeline: ReturnType<typeof createTimeline>,
): Promise<void> => {
  const outageEndMs = Math.max(0, ...timeline.outages().map(({ toMs }) => toMs));
  const dueMs = calls.map(({ calledAtMs, delayMs }) => calledAtMs + delayMs);
  const deadlineMs = Math.max(machineNowMs(), outageEndMs, ...dueMs) + SETTLE_TIMEOUT_MS;
  for (;;) {
    const open = calls.filter((call) => call.settled === undefined && taskIdOf(call.acknowledgement));
    const byTask = new Map(open.map((call) => [taskIdOf(call.acknowledgement) ?? '', call]));
    const { ended, unfinished } = await reader.sortByEnd([...byTask.keys()]);
    for (const taskId of ended) {
      const call = byTask.get(taskId);
      if (call !== undefined) call.settled = await reader.read(taskId);
    }
    // A task whose call has no certain answer need not be there.
    const isOver = open.every(
      (call) =>
        call.settled !== undefined ||
        (call.acknowledgement?.kind === 'unknown' &&
          !unfinished.includes(taskIdOf(call.acknowledgement) ?? '')),
    );
    if (isOver || machineNowMs() > deadlineMs) return;
    await Bun.sleep(POLL_MS);
  }
};

/** Waits for runs that go on although their task has ended: they must change nothing. */
const endRuns = async (
  pool: ReturnType<typeof createWorkerPool>,
  readEvidence: () => Promise<readonly Evidence[]>,
): Promise<void> => {
  const deadlineMs = performance.now() + 3000;
  while (performance.now() < deadlineMs) {
    const evidence = await readEvidence();
    const ended = new Set(evidence.filter(({ event }) => event === 'end').map(({ run }) => run));
    const living = new Set(pool.living().map(({ pid }) => pid));
    if (evidence.every(({ run, pid }) => ended.has(run) || !living.has(pid))) break;
    await Bun.sleep(POLL_MS);
  }
  await Bun.sleep(POLL_MS); // the last result reaches Redis
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

const toCallHistory = ({ answeredAtMs, acknowledgement, ...call }: OpenCall): CallHistory => ({
  ...call,
  answeredAtMs: answeredAtMs ?? machineNowMs(),
  acknowledgement: acknowledgement ?? { kind: 'unknown', taskId: undefined, message: 'no answer' },
});

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
