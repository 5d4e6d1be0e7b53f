import { settleWithin } from '@backend/deadline/settleWithin';
import { WORKER_STOP_TIMES } from '@backend/deadline/stopTimes';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { err, type Result } from 'neverthrow';
import { LedgerError } from '../ledger/LedgerError';
import { type Shutdown } from './Shutdown';

/** Asks the ledger again and again while its database is away, or refuses. */
export interface LedgerPatience {
  /** The first answer that is no error; an error too once the worker no longer waits for its tasks. */
  insist<T>(command: () => Promise<Result<T, LedgerError>>): Promise<Result<T, LedgerError>>;
}

interface LedgerPatienceOptions {
  /** Whether tasks wait for the ledger. Without it each command is sent once. */
  readonly isRequired: boolean;
  readonly shutdown: Shutdown;
  readonly logger: ILogger;
  /** Waits a moment. Default: a timer. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** How long a database that does not answer is left alone; milliseconds. */
const PAUSE_MS = 250;

/** What a worker says whose tasks do not wait for the ledger. */
export const LEDGER_SKIPPED_MESSAGE =
  'The ledger cannot be used for now; tasks run without it, and their ends are written when it can';

/** What a worker says while the ledger's database is away, or refuses. */
export const LEDGER_AWAY_MESSAGE =
  'The ledger cannot be used for now; tasks and their ends wait until it can';

/** Creates the patience of a worker. */
export const createLedgerPatience = ({
  isRequired,
  shutdown,
  logger,
  pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: LedgerPatienceOptions): LedgerPatience => {
  const log = createRateLimitedLog({ logger });
  const message = isRequired ? LEDGER_AWAY_MESSAGE : LEDGER_SKIPPED_MESSAGE;
  let isStopping = false;
  shutdown.onBegin(() => {
    isStopping = true;
  });
  /** A database that says nothing must not keep a worker from giving its tasks back. */
  const ask = <T>(command: () => Promise<Result<T, LedgerError>>): Promise<Result<T, LedgerError>> => {
    const asked = command();
    return new Promise((resolve) => {
      const stopListening = shutdown.onBegin(
        () => void settleWithin(asked, WORKER_STOP_TIMES.ledgerMs).then(orSilent).then(resolve),
      );
      void asked.then((answer) => {
        stopListening();
        resolve(answer);
      });
    });
  };
  return {
    insist: async (command) => {
      for (;;) {
        const answer = await ask(command);
        if (answer.isOk()) return answer;
        log.warn('away', message, { reason: answer.error.message });
        if (isStopping || !isRequired) return answer;
        await pause(PAUSE_MS);
        if (isStopping) return answer;
      }
    },
  };
};

const orSilent = <T>(settled: Result<Result<T, LedgerError>, Error>): Result<T, LedgerError> =>
  settled.isOk()
    ? settled.value
    : err(
        new LedgerError('the worker stops, and the ledger did not answer in time', {
          code: 'ledger-unavailable',
          cause: settled.error,
        }),
      );
