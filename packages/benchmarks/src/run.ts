import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startLocalRedis } from '@backend/redis/localRedis';
import { type Benchmark, type Lab } from './Benchmark';
import { benchmarks } from './benchmarks';
import { type Comparison, type Pair, toComparison } from './Comparison';
import { renderComparisonTable } from './ComparisonTable';
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

const compare = ({ benchmark, pairs }: Measured): Comparison[] =>
  benchmark.metrics.map((metric) => toComparison({ benchmark: benchmark.name, metric, pairs }));

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
const lab: Lab = { redisUrl: redis.url, observer, idleMs: iterationCount === 1 ? 3000 : 10_000 };

const chosen = benchmarks.filter(({ name }) => names.includes(name));
const measured = await measureAll(chosen, lab, iterationCount);
connection.close();

const comparisons = measured.flatMap(compare);
const machine = { bun: Bun.version, redis: redis.version, cpus: cpus().map(({ model }) => model) };
const file = await writeResults({
  startedAt,
  iterationCount,
  machine,
  comparisons,
  samples: measured.map(({ benchmark: { name }, pairs }) => ({ name, pairs })),
});
console.log(`\n${renderComparisonTable(comparisons)}\n`);
console.log(`Medians of ${iterationCount} iteration(s); a ratio above 1 means that Drover is better.`);
console.log(`All numbers: ${file}`);
