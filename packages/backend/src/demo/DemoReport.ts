import { type TaskCounts } from '@backend/tasks/domain/TaskCounts';
import Table from 'cli-table3';
import { type SignUps } from './SignUps';
import { type AttemptFigures, percentile, type WorkerLogLine } from './WorkerLog';

interface DemoFigures {
  readonly signUps: SignUps;
  readonly counts: TaskCounts;
  readonly attempts: AttemptFigures;
}

/** Lays out what became of the sign-ups. */
export const toDemoTable = ({ signUps, counts, attempts }: DemoFigures): string => {
  const table = new Table({ style: { head: [], border: [] }, colAligns: ['left', 'right'] });
  table.push(
    ['scheduled', signUps.accepted.length],
    ['completed', counts.completed],
    ['of all, retried at least once', attempts.retriedCount],
    ['dead letters', counts.failed],
    ['refused', signUps.refused.length],
    ['wait before the first attempt, p50', `${percentile(attempts.waitsMs, 0.5)} ms`],
    ['wait before the first attempt, p95', `${percentile(attempts.waitsMs, 0.95)} ms`],
  );
  return table.toString();
};

const toLine = ({ time, msg, attempt, outcome }: WorkerLogLine): string => {
  const clock = time?.slice(11, 23) ?? '';
  const details = [attempt === undefined ? '' : `attempt ${attempt}`, outcome ?? '']
    .filter(Boolean)
    .join(', ');
  return `  ${clock}  worker   ${msg ?? ''}${details === '' ? '' : ` (${details})`}`;
};

interface Trace {
  readonly email: string;
  readonly correlationId: string;
  readonly lines: readonly WorkerLogLine[];
  /** The mail's file, and the header line that carries the correlation ID. */
  readonly mail: { readonly path: string; readonly header: string } | undefined;
}

/** Lays out one correlation ID from the request over the worker's log lines to the mail. */
export const toTraceText = ({ email, correlationId, lines, mail }: Trace): string =>
  [
    `One correlation ID from request to mail: ${correlationId}`,
    `  request  sign-up of ${email}`,
    ...lines.map(toLine),
    mail === undefined ? '  no mail was found' : `  mail     ${mail.header}  in ${mail.path}`,
  ].join('\n');
