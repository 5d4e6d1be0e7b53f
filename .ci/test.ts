/**
 * Runs the tests: `bun .ci/test.ts unit | redis | all`. The last line is plain: "N passed, N failed".
 *
 * Tests that need Redis get the URL of one that this run finds or starts, empty, in TEST_REDIS_URL; tests that need Postgres
 * get that of one in TEST_POSTGRES_URL, where every test makes a database of its own. One that is set already is used.
 */
import { startLocalPostgres } from '@backend/database/localPostgres';
import { ensureRedis, findLocalServer } from '@backend/redis/localRedis';
import { formatTestReport, parseTestReport, sumTestReports, type TestReport } from './TestReport';

const TEST_FILES = ['packages/*/src/**/*.test.ts', '.ci/**/*.test.ts'] as const;
const SERVER_TEST = /\.(redis|postgres|process)\.test\.ts$/;
const POSTGRES_TEST = /\.postgres\.test\.ts$/;
/** The life of a task, which must be the same with a ledger and without: these run once more, with one. */
const LIFE_TEST = /\/tasks\/(worker|scheduler)\/[^/]+\.redis\.test\.ts$/;
const RUN_TIMEOUT_MS = 900_000;
/** Redis, processes and sockets: a test that needs longer says so itself. Bun does not read it from bunfig.toml. */
const TEST_TIMEOUT_MS = 20_000;

/** Set by Ctrl-C and the like: ends the whole run, not only the part that goes on. */
let stopSignal: NodeJS.Signals | undefined;

const main = async (kind: string): Promise<TestReport> => {
  const files = (await Promise.all(TEST_FILES.map(scan))).flat().sort();
  const unitFiles = files.filter((file) => !SERVER_TEST.test(file));
  const serverFiles = files.filter((file) => SERVER_TEST.test(file));
  const reports: TestReport[] = [];
  if (kind !== 'redis') reports.push(await runTests(unitFiles, {}));
  if (kind !== 'unit' && stopSignal === undefined) reports.push(await runServerTests(serverFiles));
  return sumTestReports(reports);
};

const scan = (pattern: string): Promise<string[]> =>
  Array.fromAsync(new Bun.Glob(pattern).scan({ dot: true }));

const runServerTests = async (files: readonly string[]): Promise<TestReport> => {
  // Many tests start servers of their own, also when REDIS_URL is set: what has to be installed is installed before.
  const program = await findLocalServer({ announce: console.log });
  if (program.isErr()) return toFailure(program.error.message);
  const { REDIS_URL: redisUrl } = process.env;
  const redis = await ensureRedis({
    redisUrl,
    appendOnly: false,
    dataDir: '.data/test',
    announce: console.log,
  });
  if (redis.isErr()) return toFailure(redis.error.message);
  await using server = redis.value;
  const environment = { TEST_REDIS_URL: server.url };
  const { TEST_POSTGRES_URL: postgresUrl } = process.env;
  if (postgresUrl || !files.some((file) => POSTGRES_TEST.test(file)))
    return await runInBothModes(files, environment);
  const postgres = await startLocalPostgres({ announce: console.log });
  if (postgres.isErr()) return toFailure(postgres.error.message);
  await using postgresServer = postgres.value;
  return await runInBothModes(files, { ...environment, TEST_POSTGRES_URL: postgresServer.url });
};

const runInBothModes = async (
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TestReport> => {
  const report = await runTests(files, environment);
  const lifeFiles = files.filter((file) => LIFE_TEST.test(file));
  if (stopSignal !== undefined || lifeFiles.length === 0) return report;
  console.log('\nThe life of a task once more, with a ledger:');
  return sumTestReports([report, await runTests(lifeFiles, { ...environment, TEST_LEDGER: 'sqlite' })]);
};

const runTests = async (
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TestReport> => {
  if (files.length === 0) return toFailure('no test files were found');
  const options = ['--no-install', 'test', '--timeout', String(TEST_TIMEOUT_MS)];
  const child = Bun.spawn([process.execPath, ...options, ...files.map((file) => `./${file}`)], {
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const stop = (signal: NodeJS.Signals) => {
    stopSignal = signal;
    child.kill();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const printed = await copyToStderr(child.stderr);
  await child.exited;
  process.off('SIGTERM', stop).off('SIGINT', stop);
  if (stopSignal !== undefined) return toFailure(`the run was stopped by ${stopSignal}`);
  return parseTestReport(printed, { fileCount: files.length, exitCode: child.exitCode });
};

const copyToStderr = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder();
  let printed = '';
  for await (const chunk of stream) {
    await Bun.write(Bun.stderr, chunk);
    printed += decoder.decode(chunk, { stream: true });
  }
  return printed;
};

const toFailure = (reason: string): TestReport => ({ passed: 0, failed: 1, skipped: 0, failures: [reason] });

const kind = Bun.argv[2] ?? 'all';
if (!['unit', 'redis', 'all'].includes(kind)) throw new Error(`expected unit, redis or all, got ${kind}`);
const report = await main(kind).catch((error: unknown) =>
  toFailure(`the runner of the tests broke: ${Bun.inspect(error)}`),
);
if (report.failures.length > 0)
  console.log(['', 'Failed:', ...report.failures.map((name) => `  ${name}`)].join('\n'));
console.log(formatTestReport(report));
process.exitCode = report.failed > 0 || report.passed === 0 ? 1 : 0;
