import { existsSync } from 'node:fs';
import { type AppConfig } from '@backend/config/AppConfig';
import { MEMORY_URL, parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { settleWithin } from '@backend/deadline/settleWithin';
import { silentLogger } from '@backend/logger/silentLogger';
import { findProcessRedis } from '@backend/process/processRedis';
import { readConfigOrExit } from '@backend/process/startProcess';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { createConfiguredLedger } from '@backend/tasks/ledger/ConfiguredLedger';
import { recoverConfiguredTasks } from '@backend/tasks/ledger/recovery/ConfiguredRecovery';
import { type RecoveryReport } from '@backend/tasks/ledger/recovery/RecoveryReport';
import { type TaskLedger } from '@backend/tasks/ledger/TaskLedger';
import { accessFailureCode, describeAccessFailure } from '@backend/tasks/queue/AccessFailure';
import { createQueueAccess } from '@backend/tasks/queue/QueueAccess';
import { Command, InvalidArgumentError } from 'commander';
import { err, ok, type Result } from 'neverthrow';
import { type CommandOutput, EXIT_CODES, type ExitCode } from './CommandOutput';
import { toRecoveryJson, toRecoveryText } from './RecoveryText';

interface RecoverOptions {
  readonly minAge: number;
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** Why a recovery came to nothing, or ended early. */
interface RecoverFailure {
  readonly code: string;
  readonly message: string;
}

const HELP = `
Unfinished tasks of the ledger (LEDGER_URL) are compared with the queues in Redis (REDIS_URL). A task that is on no queue is put
there, with its id, priority, due time and count of attempts; the end of one that has ended is written down.

It is harmless while workers run: a task is put on its queue under its own id, which makes one job however often it is done; a task
that is on its queue is left alone; and one that a worker runs counts as lost only when the worker has been silent for long.
Workers and the API do the same by themselves, after a while; this does it at once, and says what it did.

Exit code: 0 when everything is in place, 1 when something is left, or Redis or the database does not answer, 2 for wrong arguments.`;

/** Creates `drover recover`. */
export const createRecoverCommand = (output: CommandOutput, exitWith: (code: ExitCode) => void): Command =>
  new Command('recover')
    .description('put tasks back on their queues that Redis has lost')
    .option('--min-age <ms>', 'leave tasks alone to which something happened more recently', parseMinAge, 0)
    .option('--json', 'print one JSON object', false)
    .option('--dry-run', 'change nothing, and say what would be done', false)
    .addHelpText('after', HELP)
    .action(async (options: RecoverOptions) => {
      exitWith(await runRecover(options, output));
    });

const parseMinAge = (text: string): number => {
  const ms = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError(`expected milliseconds, an integer >= 0, got "${text}"`);
};

const runRecover = async (options: RecoverOptions, output: CommandOutput): Promise<ExitCode> => {
  const recovered = await recover(options, output);
  if (recovered.isErr()) {
    await output.complain(`drover recover: ${recovered.error.message}\n`);
    if (options.json) await output.print(`${JSON.stringify({ error: recovered.error })}\n`);
    return EXIT_CODES.left;
  }
  const toText = options.json ? toRecoveryJson : toRecoveryText;
  await output.print(toText(recovered.value, options));
  return recovered.value.leftCount === 0 ? EXIT_CODES.ok : EXIT_CODES.left;
};

const recover = async (
  options: RecoverOptions,
  { complain }: CommandOutput,
): Promise<Result<RecoveryReport, RecoverFailure>> => {
  const givenConfig = readConfigOrExit();
  for (const warning of givenConfig.warnings) await complain(`${warning}\n`);
  const ledger = openLedger(givenConfig, options);
  if (ledger.isErr()) return err(ledger.error);
  try {
    const redis = await findProcessRedis(givenConfig, (line) => void complain(`${line}\n`));
    try {
      return await recoverWith(ledger.value, redis.appConfig, options);
    } finally {
      closeSharedConnections();
      await redis.stop();
    }
  } finally {
    // A database that never answered would not let go.
    await settleWithin(ledger.value.close(), givenConfig.ledgerDeadlineMs);
  }
};

const openLedger = (appConfig: AppConfig, { dryRun }: RecoverOptions): Result<TaskLedger, RecoverFailure> => {
  if (appConfig.ledgerUrl === MEMORY_URL)
    return err({
      code: 'ledger-disabled',
      message: `LEDGER_URL is ${MEMORY_URL}, which each process has for itself: there is no record to recover tasks from`,
    });
  const target = parseDatabaseUrl(appConfig.ledgerUrl);
  // To look at a file that is not there would make it.
  if (dryRun && target.isOk() && target.value.dialect === 'sqlite' && !existsSync(target.value.path))
    return err({
      code: 'ledger-schema',
      message: `expected LEDGER_URL to name a file that is there, got ${target.value.path}`,
    });
  const ledger = createConfiguredLedger(appConfig, { shouldMigrate: !dryRun });
  return ledger === undefined
    ? err({ code: 'ledger-disabled', message: 'LEDGER_URL is off: there is no record to recover tasks from' })
    : ok(ledger);
};

/** Both are asked before anything is done. */
const recoverWith = async (
  ledger: TaskLedger,
  appConfig: AppConfig,
  { minAge: minAgeMs, dryRun: isDryRun }: RecoverOptions,
): Promise<Result<RecoveryReport, RecoverFailure>> => {
  const parts = { ledger, logger: silentLogger, appConfig };
  const answered = await createQueueAccess(parts).run((_queues, { client }) => client.ping());
  if (answered.isErr())
    return err({ code: accessFailureCode(answered.error), message: describeAccessFailure(answered.error) });
  const opened = await ledger.open();
  if (opened.isErr()) return err({ code: opened.error.code, message: opened.error.message });
  const recovered = await recoverConfiguredTasks(parts, { minAgeMs, isDryRun });
  return recovered.mapErr(({ code, message }) => ({
    code,
    message: `${message}${FUTILE.has(code) ? '' : adviceAfter({ isDryRun })}`,
  }));
};

/** After which to run it again changes nothing. */
const FUTILE: ReadonlySet<string> = new Set(['ledger-refused', 'ledger-schema']);

const adviceAfter = ({ isDryRun }: { readonly isDryRun: boolean }): string =>
  isDryRun ? ': run it again' : '. What was done until then stays done: run it again';
