import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, type Result } from 'neverthrow';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toInspectorFailure, toLedgerDisabled } from './InspectorParts';
import { type TaskTrace, toTaskTrace } from './TaskTrace';

/** Tasks of one trace. */
const MAX_TASKS = 1000;

/** Reads what came of a correlation ID; see `TaskInspector.trace`. */
export const traceTasks = async (
  { ledger }: InspectorParts,
  given: CorrelationId,
): Promise<Result<TaskTrace, InspectorError>> => {
  const parsed = parseCorrelationId(given);
  if (parsed.isErr())
    return err(new InspectorError(`correlationId: ${parsed.error.message}`, { code: 'invalid-query' }));
  if (ledger === undefined) return err(toLedgerDisabled('trace'));
  const correlationId = parsed.value;
  const found = await ledger.history.trace(correlationId, MAX_TASKS + 1);
  return found.mapErr(toInspectorFailure).map((entries) =>
    toTaskTrace({
      correlationId,
      entries: entries.slice(0, MAX_TASKS),
      isTruncated: entries.length > MAX_TASKS,
    }),
  );
};
