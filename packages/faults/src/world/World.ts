import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Contestant,
  type ContestantSettings,
  type ProcessCommand,
  type Producer,
} from '../contestants/Contestant';
import { BENCH } from '../plan/BenchSettings';
import { createRandom } from '../plan/Random';
import { type LedgerSetting, type Scenario } from '../plan/Scenario';
import { type Evidence, parseEvidence } from '../tasks/Evidence';
import { type FaultDatabase, openFaultDatabase } from './FaultDatabase';
import { createFaultProxy, type FaultProxy } from './FaultProxy';
import { type FaultRedis, startFaultRedis } from './FaultRedis';
import { createLedgerReader, type LedgerReader } from './LedgerReader';
import { createQueueReader, type QueueReader } from './QueueReader';
import { type SchedulerProcess, startSchedulerProcess } from './SchedulerProcess';
import { createWorkerPool, type WorkerPool } from './WorkerPool';

/** The servers and processes of one run. */
export interface World extends AsyncDisposable {
  readonly settings: ContestantSettings;
  readonly redis: FaultRedis;
  /** Between Redis and the workers. */
  readonly proxy: FaultProxy;
  /** Between Redis and those that only schedule or relay; that of the workers when there are none. */
  readonly detour: FaultProxy;
  /** Undefined when the ledger is off. */
  readonly database: FaultDatabase | undefined;
  readonly pool: WorkerPool;
  /** Processes that only relay. */
  readonly relays: WorkerPool;
  readonly producer: Producer;
  /** The producer, when it is a process of its own. */
  readonly scheduler: SchedulerProcess | undefined;
  readonly reader: QueueReader;
  /** Undefined when the ledger is off. */
  readonly ledger: LedgerReader | undefined;
  readEvidence(): Promise<readonly Evidence[]>;
}

/** Starts the servers of a scenario, its workers, and whoever else schedules and relays. */
export const startWorld = async (
  scenario: Scenario,
  contestant: Contestant,
  folder: string,
): Promise<World> => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startFaultRedis(folder));
  const proxy = started.use(await createFaultProxy(redis.port));
  const { ledger } = scenario;
  const database = ledger && started.use(await openFaultDatabase(ledger, folder));
  const detour = ledger === undefined ? proxy : started.use(await createDetour(redis, ledger, scenario.seed));
  const settings: ContestantSettings = {
    ...BENCH,
    drainTimeoutMs: scenario.drainTimeoutMs ?? BENCH.drainTimeoutMs,
    port: proxy.port,
    redisPort: redis.port,
    folder,
    evidencePath: join(folder, 'evidence.jsonl'),
    concurrency: scenario.concurrency,
    clockAheadMs: scenario.clockAheadMs ?? 0,
    ledgerUrl: database?.url ?? 'off',
  };
  await Bun.write(settings.evidencePath, '');
  const { readyText } = contestant;
  const processes = { folder, readyText, clockAheadMs: settings.clockAheadMs };
  const pool = started.use(createWorkerPool({ ...contestant.workerCommand(settings), ...processes }));
  const onDetour = { ...settings, port: detour.port };
  const relayCommand = commandOf(contestant.relayCommand?.(onDetour), ledger?.hasRelay);
  const relays = started.use(createWorkerPool({ ...relayCommand, ...processes, role: 'relay' }));
  const isProcess = ledger?.scheduler === 'process';
  const scheduler = isProcess
    ? started.use(
        await startSchedulerProcess(
          commandOf(contestant.schedulerCommand?.(onDetour), true),
          scenario.faults.filter(({ kind }) => kind === 'kill-scheduler').length,
        ),
      )
    : undefined;
  const producer =
    scheduler ??
    started.use(contestant.openProducer({ ...settings, port: await toProducerPort(ledger, proxy) }));
  await Promise.all(Array.from({ length: scenario.workerCount }, () => pool.add()));
  if (ledger?.hasRelay === true) await relays.add();
  const parts = started.move();
  return {
    ...{ settings, redis, proxy, detour, database, pool, relays, producer, scheduler },
    reader: createQueueReader(redis.client, contestant, contestant.openViewer(settings)),
    ledger: database && createLedgerReader(database),
    readEvidence: async () => parseEvidence(await readFile(settings.evidencePath, 'utf8')),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
};

/** The way to Redis of those that only schedule or relay. */
const createDetour = async (
  { port }: FaultRedis,
  { latencyMs = 0 }: LedgerSetting,
  seed: number,
): Promise<FaultProxy> => {
  const detour = await createFaultProxy(port);
  detour.worsen({ latencyMs, resetPercent: 0, random: createRandom(seed), onReset: () => undefined });
  return detour;
};

/** A port on which nobody listens, for a producer that is to have no way to Redis. */
const toProducerPort = async (ledger: LedgerSetting | undefined, { port }: FaultProxy): Promise<number> => {
  if (ledger?.scheduler !== 'without-redis') return port;
  await using unused = await createFaultProxy(port);
  return unused.port;
};

const commandOf = (command: ProcessCommand | undefined, isNeeded = false): ProcessCommand => {
  if (command === undefined && isNeeded)
    throw new Error('expected a contestant with a ledger, got one without');
  return command ?? { command: [], env: {} };
};
