import { type RedisClient } from '@backend/redis/createRedisClient';
import { type CpuReport } from './CpuPartsTable';

/** Who is measured: Drover, or plain BullMQ doing the same work. */
export type Side = 'drover' | 'bullmq';

/** Where Drover writes its tasks down; plain BullMQ has nothing of the kind. */
export type LedgerKind = 'off' | 'sqlite' | 'postgres';

/** One number that a benchmark yields. */
export interface Metric {
  readonly name: string;
  /** What the number counts, such as `tasks/s`. */
  readonly unit: string;
  /** Which direction is better. */
  readonly better: 'higher' | 'lower';
  /** The lowest ratio to BullMQ that Drover promises (1.1 for 10 % better). Default: no promise. */
  readonly promisedRatio?: number;
}

/** Where measurements take place. */
export interface Lab {
  readonly redisUrl: string;
  /** A connection of the lab's own, to look on and to clean up. */
  readonly observer: RedisClient;
  /** Where files may be made; they are deleted afterwards. */
  readonly dataDir: string;
  /** A Postgres whose user may create databases; absent unless a chosen benchmark needs one. */
  readonly postgresUrl?: string;
  /** Milliseconds that an idle worker is watched. */
  readonly idleMs: number;
}

/** The numbers of one measurement, by the metric's name. */
export type Sample = Readonly<Record<string, number>>;

/** One question about cost, asked to both sides alike. */
export interface Benchmark {
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly question: string;
  readonly metrics: readonly Metric[];
  /** Default: `off`. */
  readonly ledger?: LedgerKind;
  /** Measures one side once, on an empty Redis. Rejects when the work fails: a wrong run has no speed. */
  measure(side: Side, lab: Lab): Promise<Sample>;
  /** What the CPU time of Drover's side goes into, in a run of its own. Default: nobody looks. */
  cpuParts?(lab: Lab): Promise<CpuReport['parts']>;
}
