import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { SQL } from 'bun';
import { type CallerTransaction } from '../../domain/CallerTransaction';
import { recordTask } from '../../worker/__fixtures__/fixtureTasks';
import { createTaskScheduler } from '../TaskScheduler';

/**
 * Schedules as many tasks as its first argument says, each in a transaction of its own, one after the other without a pause, and
 * ends by itself. Rolls them back when there is a second argument.
 */
const [, , count = '1', isRolledBack] = process.argv;
const appConfig = getAppConfig();
const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
const isSqlite = appConfig.ledgerUrl.startsWith('sqlite');
const sql = new SQL(appConfig.ledgerUrl);
if (isSqlite) await sql`PRAGMA busy_timeout = 5000`;
const work = async (tx: CallerTransaction, n: number): Promise<void> => {
  (await scheduler.within(tx).schedule(CorrelationId(), recordTask, { n, ms: 0 }))._unsafeUnwrap();
  if (isRolledBack !== undefined) throw new Error('rolled back');
};
for (let n = 0; n < Number(count); n += 1) {
  const done = isSqlite ? sql.begin('immediate', (tx) => work(tx, n)) : sql.begin((tx) => work(tx, n));
  await (isRolledBack === undefined ? done : done.catch(() => undefined));
}
await sql.close();
