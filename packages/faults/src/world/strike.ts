import { SOCKET_TIMEOUT_MS } from '@backend/redis/createRedisClient';
import { FILLER_PREFIX } from '../plan/BenchSettings';
import { type Random } from '../plan/Random';
import { type Fault, type FaultKind } from '../plan/Scenario';
import { type FaultProxy } from './FaultProxy';
import { type FaultRedis } from './FaultRedis';
import { matcherOf } from './matcherOf';
import { type LedgerTarget, strikeDatabase, strikePublisher } from './strikeLedger';
import { type WorkerPool } from './WorkerPool';

/** What faults act on. */
export interface Target extends LedgerTarget {
  readonly redis: FaultRedis;
  readonly proxy: FaultProxy;
  readonly pool: WorkerPool;
  readonly random: Random;
  /** Faults of Redis wait for each other: it can only be killed while it lives. */
  withRedis<T>(act: () => Promise<T>): Promise<T>;
}

/** Longer than any worker may take to stop; milliseconds. */
const STOP_PATIENCE_MS = 20_000;

/** A run may have fewer completions than are counted; milliseconds. */
const COMPLETION_PATIENCE_MS = 5000;

const TASK_ID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

/** Between two SIGTERMs; milliseconds. */
const SECOND_SIGNAL_MS = 100;

/** Keys that make a start of Redis slow, and how long each of them takes. */
const FILLER_KEY_COUNT = 100;
const FILLER = 'x'.repeat(2048);

/** Carries out a fault; resolves when it is over. `pid` is the process that runs the call of the trigger. */
export const strike = async (fault: Fault, target: Target, pid: number | undefined): Promise<void> => {
  const { redis, proxy, pool, timeline, withRedis } = target;
  switch (fault.kind) {
    case 'kill-worker':
      return killWorker(target, fault.worker, fault.restartAfterMs);
    case 'kill-runner': {
      const worker = pid === undefined ? undefined : pool.placeOf(pid);
      return worker === undefined ? undefined : killWorker(target, worker, fault.restartAfterMs);
    }
    case 'kill-at-completion':
      // One after the other, whenever they were to strike: each has a worker to kill that is back.
      return withRedis(async () => {
        const matches = matcherOf('completion');
        const { nth, restartAfterMs } = fault;
        const held = await proxy.holdRequest({ matches, nth, patienceMs: COMPLETION_PATIENCE_MS });
        if (held === undefined) return;
        timeline.hold(namedTasks(held, matches));
        await killWorker(target, 0, restartAfterMs);
      });
    case 'stop-worker':
      await stopWorker(target, fault.worker, fault.signals);
      return restart(target, fault.worker, fault.restartAfterMs);
    case 'rolling-restart':
      for (let round = 0; round < fault.rounds; round += 1) {
        for (let worker = 0; pool.at(worker) !== undefined; worker += 1) {
          await stopWorker(target, worker, 1);
          await pool.restart(worker);
        }
      }
      return;
    case 'suspend-worker': {
      const child = pool.at(fault.worker);
      if (child === undefined || child.hasEnded()) return;
      const end = timeline.begin(fault.kind, child.pid);
      child.suspend();
      await Bun.sleep(fault.forMs);
      child.resume();
      return end();
    }
    case 'add-worker':
      await pool.add();
      return;
    case 'kill-scheduler':
    case 'kill-relay':
      return strikePublisher(fault, target);
    case 'suspend-database':
    case 'kill-database':
    case 'lock-database':
      return strikeDatabase(fault, target);
    case 'kill-redis':
      return withRedis(async () => {
        await withoutRedis(target, fault.kind, fault.downMs, () => redis.restart());
      });
    case 'suspend-redis':
      return withRedis(async () => {
        const [end, endOutage] = [timeline.begin(fault.kind), timeline.beginOutage()];
        redis.signal('SIGSTOP');
        await Bun.sleep(fault.forMs);
        redis.signal('SIGCONT');
        end();
        endOutage();
      });
    case 'load-slowly':
      return withRedis(async () => {
        await fill(redis);
        const delayUs = Math.round((fault.forMs * 1000) / (await redis.client.dbsize()));
        const slowly = [
          '--key-load-delay',
          String(delayUs),
          '--loading-process-events-interval-bytes',
          '1024',
        ];
        await withoutRedis(target, fault.kind, 200, async () => {
          await proxy.open(); // LOADING is an answer
          // Each command that was written since the keys were counted would be delayed too.
          const inTime = Bun.sleep(fault.forMs).then(() => redis.loadFast());
          await redis.restart({ extraArgs: slowly });
          await inTime;
        });
      });
    case 'read-only':
      return withRedis(() =>
        refusing(target, fault, {
          begin: () => redis.client.replicaof('127.0.0.1', '1'),
          end: () => redis.client.replicaof('NO', 'ONE'),
        }),
      );
    case 'out-of-memory':
      return withRedis(() =>
        refusing(target, fault, {
          begin: () => redis.client.config('SET', 'maxmemory', '1'),
          end: () => redis.client.config('SET', 'maxmemory', '0'),
        }),
      );
    case 'drop-locks':
      return withRedis(async () => {
        timeline.strike(fault.kind);
        const locks = await redis.client.keys('*:lock');
        if (locks.length > 0) await redis.client.del(...locks);
      });
    case 'flush':
      return withRedis(async () => {
        const end = timeline.begin(fault.kind);
        await redis.client.flushall();
        end();
      });
    case 'lose-data':
      return withRedis(async () => {
        await withoutRedis(target, fault.kind, fault.downMs, () => redis.restartEmpty());
      });
    case 'lose-reply': {
      const matches = matcherOf(fault.of);
      // Not waited for: the run may have no such command.
      void proxy.loseReply({ matches, nth: fault.nth }).then(() => timeline.strike(fault.kind));
      return;
    }
    case 'bad-network': {
      const end = timeline.begin(fault.kind);
      const { latencyMs, resetPercent } = fault;
      const onReset = (): void => timeline.strike('reset');
      const endWeather = proxy.worsen({ latencyMs, resetPercent, random: target.random, onReset });
      await Bun.sleep(fault.forMs);
      endWeather();
      return end();
    }
    case 'swallow': {
      const [end, endOutage] = [timeline.begin(fault.kind), timeline.beginOutage()];
      const endSwallowing = proxy.swallow();
      await Bun.sleep(fault.forMs);
      endSwallowing();
      end();
      // Connections of that time are dead without a word.
      return endOutage(SOCKET_TIMEOUT_MS);
    }
  }
};

/** The tasks of those commands in a packet that match: it may hold others, such as the renewal of locks. */
const namedTasks = (packet: Buffer, matches: (command: Buffer) => boolean): readonly string[] =>
  String(packet)
    .split(/(?=\*\d+\r\n)/)
    .filter((command) => matches(Buffer.from(command)))
    .flatMap((command) => command.match(TASK_ID) ?? []);

const killWorker = async (
  target: Target,
  worker: number,
  restartAfterMs: number | undefined,
): Promise<void> => {
  const child = target.pool.at(worker);
  if (child === undefined || child.hasEnded()) return;
  target.timeline.strike('kill-worker', child.pid);
  child.kill();
  await child.ended;
  await restart(target, worker, restartAfterMs);
};

const stopWorker = async ({ pool, timeline }: Target, worker: number, signals: number): Promise<void> => {
  const child = pool.at(worker);
  if (child === undefined || child.hasEnded()) return;
  const end = timeline.begin('stop-worker', child.pid);
  for (let sent = 0; sent < signals; sent += 1) {
    if (sent > 0) await Bun.sleep(SECOND_SIGNAL_MS);
    child.requestStop();
  }
  // One that does not end is found by the checker, and killed with the rest.
  await Promise.race([child.ended, Bun.sleep(STOP_PATIENCE_MS)]);
  end();
};

const restart = async ({ pool }: Target, worker: number, afterMs: number | undefined): Promise<void> => {
  if (afterMs === undefined) return;
  await Bun.sleep(afterMs);
  await pool.restart(worker);
};

const withoutRedis = async (
  { redis, proxy, timeline }: Target,
  kind: FaultKind,
  downMs: number,
  start: () => Promise<void>,
): Promise<void> => {
  const [end, endOutage] = [timeline.begin(kind), timeline.beginOutage()];
  proxy.shut();
  await redis.kill();
  await Bun.sleep(downMs);
  await start();
  await proxy.open();
  end();
  endOutage();
};

const refusing = async (
  { timeline }: Target,
  fault: { readonly kind: FaultKind; readonly forMs: number },
  { begin, end }: { begin(): Promise<unknown>; end(): Promise<unknown> },
): Promise<void> => {
  const [endFault, endOutage] = [timeline.begin(fault.kind), timeline.beginOutage()];
  await begin();
  await Bun.sleep(fault.forMs);
  await end();
  endFault();
  endOutage();
};

/** Writes keys that a start of Redis has to load, one by one, from a snapshot at the head of its append-only file. */
const fill = async ({ client }: FaultRedis): Promise<void> => {
  for (let index = 0; index < FILLER_KEY_COUNT; index += 1)
    await client.set(`${FILLER_PREFIX}${index}`, FILLER);
  await client.bgrewriteaof();
  while (!(await client.info('persistence')).includes('aof_rewrite_in_progress:0')) await Bun.sleep(20);
};
