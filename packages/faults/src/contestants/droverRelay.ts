/** A process that puts tasks of the ledger on their queues, and does nothing else. */

import { startProcess } from '@backend/process/startProcess';
import { RUNNING_MESSAGE } from '@backend/process/WorkerProcess';
import { createConfiguredRelay } from '@backend/tasks/ledger/ConfiguredRelay';
import { sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';

const { appConfig, logger } = startProcess('relay');
const ledger = sharedTaskLedger(appConfig);
if (ledger === undefined) throw new Error('expected LEDGER_URL to name a database, got "off"');
createConfiguredRelay({ ledger, logger, appConfig }).start();
logger.info(RUNNING_MESSAGE);
process.stdin.resume().on('end', () => process.exit(1));
