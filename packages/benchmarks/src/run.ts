import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type LocalPostgres, startLocalPostgres } from '@backend/database/localPostgres';
import { startLocalRedis } from '@backend/redis/localRedis';
import { type Benchmark, type Lab } from './Benchmark';
import { benchmarks } from './benchmarks';
import { type Comparison, type Pair, toComparison } from './Comparison';
import { renderComparisonTable } from './ComparisonTable';
import { type CpuReport, renderCpuPartsTable } from './CpuPartsTable';
import { openConnection } from './contestants/bullmqContestant';
import { measureBenchmark } from './measureBenchmark';
import { parseRunOptions } from './RunOptions';

const DATA_DIR = fileURLToPath(new URL('../../../.data', import.meta.url));
const RESULTS_DIR = fileURLToPath(new URL('../results', import.meta.url));

interface Measured {
  readonly benchmark: Benchmark;
  readonly pairs: readonly Pair[];
}

const measureAll = async (
  chosen: readonly Benchmark[],
  lab: Lab,
  iterationCount: number,
): Promise<Measured[]> => {
  const measured: Measured[] = [];
  for (const benchmark of chosen) {
    console.log(`${benchmark.name}: ${benchmark.question}`);
    measured.push({ benchmark, pairs: await measureBenchmark(benchmark, lab, iterationCount) });
  }
  return measured;
};

/** Where the CPU time goes, one more run for each benchmark that can tell. */
const profileAll = async (chosen: readonly Benchmark[], lab: Lab): Promise<CpuReport[]> => {
  const reports: CpuReport[] = [];
  for (const { name, cpuParts } of chosen) {
    if (cpuParts === undefined) continue;
    await lab.observer.flushall();
    reports.push({ benchmark: name, parts: await cpuParts(lab) });
  }
  return reports;
};

const compare = ({ benchmark, pairs }: Measured): Comparison[] =>
  benchmark.metrics.map((metric) => toComparison({ benchmark: benchmark.name, metric, pairs }));

/** What it has committed is on its disk, as in production. */
const startPostgres = async (): Promise<LocalPostgres> => {
  const started = await startLocalPostgres({ isDurable: true, announce: console.log });
  if (started.isErr()) throw started.error;
  return started.value;
};

const writeResults = async (results: object): Promise<string> => {
  const file = `${RESULTS_DIR}/latest.json`;
  await mkdir(RESULTS_DIR, { recursive: true });
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  return file;
};

const options = parseRunOptions({
  args: process.argv.slice(2),
  iterations: process.env['ITERATIONS'],
  knownNames: benchmarks.map(({ name }) => name),
});
if (options.isErr()) {
  console.error(options.error);
  process.exit(2);
}
const { iterationCount, names } = options.value;
const startedAt = new Date();

// Always one of its own: it is emptied before each measurement.
const started = await startLocalRedis({ appendOnly: false, dataDir: DATA_DIR, announce: console.log });
if (started.isErr()) {
  console.error(started.error.message);
  process.exit(1);
}
await using redis = started.value;
const connection = await openConnection(redis.url, 'worker');
const observer = connection.client;
const chosen = benchmarks.filter(({ name }) => names.includes(name));
await using postgres = chosen.some(({ ledger }) => ledger === 'postgres') ? await startPostgres() : undefined;
const lab: Lab = {
  redisUrl: redis.url,
  observer,
  dataDir: DATA_DIR,
  ...(postgres === undefined ? {} : { postgresUrl: postgres.url }),
  idleMs: iterationCount === 1 ? 3000 : 10_000,
};

const measured = await measureAll(chosen, lab, iterationCount);
const cpuReports = await profileAll(chosen, lab);
connection.close();

const comparisons = measured.flatMap(compare);
const machine = {
  bun: Bun.version,
  redis: redis.version,
  postgres: postgres?.version,
  cpus: cpus().map(({ model }) => model),
};
const file = await writeResults({
  startedAt,
  iterationCount,
  machine,
  comparisons,
  cpuReports,
  samples: measured.map(({ benchmark: { name }, pairs }) => ({ name, pairs })),
});
console.log(`\n${renderComparisonTable(comparisons)}\n`);
console.log(`Medians of ${iterationCount} iteration(s); a ratio above 1 means that Drover is better.`);
if (cpuReports.length > 0)
  console.log(
    `\nWhere the CPU time of Drover's worker goes, by a profile:\n${renderCpuPartsTable(cpuReports)}\n`,
  );
if (postgres !== undefined)
  console.log(
    `Postgres ${postgres.version} with fsync, SQLite with its commits on the disk, in ${tmpdir()} and ${DATA_DIR}.`,
  );
console.log(`All numbers: ${file}`);
